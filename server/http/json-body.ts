import { isUtf8 } from 'node:buffer';
import express from 'express';
import { GatewayError, inputError } from '../errors';
import { JsonHazards } from './json-hazards';
import type { Handler } from './request-context';

export interface JsonBodyOptions {
  readonly limitBytes: number;
  readonly maxDepth: number;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([\w-]+)"?/i;

function isJson(contentType: string | undefined): boolean {
  // The usual value first: no pattern is run on the hot path.
  if (contentType === 'application/json') return true;
  if (contentType === undefined || !JSON_TYPE.test(contentType)) return false;
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8';
}

/** What bytes say in JSON. @throws GatewayError BODY_MALFORMED with a pointer to what is not acceptable. */
export function parsedJson(content: Buffer, hazards: JsonHazards): unknown {
  if (!isUtf8(content)) {
    throw inputError('BODY_MALFORMED', 'The body is not UTF-8.', [{ pointer: '', detail: 'is not UTF-8' }]);
  }
  const text = content.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's text quotes the body, which may hold secrets; the position is all a caller needs.
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const detail = at === undefined ? 'is not JSON' : `is not JSON: see character ${at}`;
    throw inputError('BODY_MALFORMED', 'The body is not JSON.', [{ pointer: '', detail }]);
  }
  const hazard = hazards.find(value, text);
  if (hazard !== undefined)
    throw inputError('BODY_MALFORMED', 'The body holds a value that is not allowed.', [hazard]);
  return value;
}

/**
 * Reads a JSON body, once: size and encodings by Express's own reader, then the checks on what was parsed. The bytes
 * are read raw because a parsed number no longer tells whether it was rounded.
 */
export function jsonBody(options: JsonBodyOptions): Handler[] {
  const hazards = new JsonHazards(options.maxDepth);
  return [
    (req, _res, next): void => {
      if (isJson(req.headers['content-type'])) next();
      else next(new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The content type must be application/json.'));
    },
    express.raw({ type: () => true, limit: options.limitBytes }),
    (req, _res, next): void => {
      // Express 5 leaves the body undefined where there is none.
      req.body = parsedJson(Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0), hazards);
      next();
    },
  ];
}
