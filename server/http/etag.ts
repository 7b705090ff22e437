import { hash } from 'node:crypto';
import type { Request } from 'express';
import { shownText } from './json-response';
import type { GatewayResponse } from './request-context';

/** A strong entity tag: two equal answers have the same, on each replica. */
function entityTag(text: string): string {
  return `"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
}

/** Whether the caller has this very answer (RFC 9110, section 13.1.2; weak comparison). */
function isCurrent(tag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}

/** Answers JSON with an `ETag`, or 304 without a body to a caller whose `If-None-Match` names it. */
export function sendTaggedJson(req: Request, res: GatewayResponse, body: unknown): void {
  const text = shownText(res, body);
  const tag = entityTag(text);
  res.setHeader('ETag', tag);
  res.setHeader('Cache-Control', 'no-store');
  if (isCurrent(tag, req.headers['if-none-match'])) {
    res.statusCode = 304;
    res.end();
    return;
  }
  res.statusCode = 200;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.end(text);
}

/** For the `api.headers` of a route that answers so. */
export const IF_NONE_MATCH = { 'If-None-Match': 'An `ETag` of an earlier answer: 304 while it still holds.' };
