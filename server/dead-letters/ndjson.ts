import { once } from 'node:events';
import type { Request } from 'express';
import { parseJson } from '../../celery/protocol';
import { ndjsonLines } from '../batch';
import { GatewayError } from '../errors';
import type { GatewayResponse } from '../http/request-context';
import { validated } from '../http/validation';
import type { Operation } from '../operations';
import type { DeadLetterLine } from './line';
import { lineSchema } from './schema';
import type { DeadLetterService } from './service';

export const NDJSON = 'application/x-ndjson';

/** A message of the largest size in base64, with its headers. */
const MAX_LINE_BYTES = 24 * 1024 * 1024;
const MAX_PROBLEMS = 20;
/** Lines that await their confirm at a time. */
const WINDOW = 100;

/** As long as a timer can wait: the caller decides how long it goes on. */
const LONGEST_MS = 0x7fff_ffff;

/**
 * Writes the lines as they come. A broken export ends without its end: the caller sees that it was cut off.
 * @throws GatewayError NOT_READY for one that broke before its first line.
 */
export async function sendExport(
  res: GatewayResponse,
  begin: (write: (line: DeadLetterLine) => Promise<void>) => Promise<Operation>,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const over = AbortSignal.any([gone.signal, stopping]);
  const write = async (line: DeadLetterLine): Promise<void> => {
    if (over.aborted) return;
    if (!res.write(`${JSON.stringify(line)}\n`))
      await once(res, 'drain', { signal: over }).catch(() => undefined);
  };
  const operation = await begin(async (line) => {
    if (!res.headersSent) {
      res.setHeader('Content-Type', NDJSON);
      res.setHeader('Cache-Control', 'no-store');
    }
    await write(line);
  });
  if (over.aborted) operation.cancel();
  over.addEventListener('abort', () => operation.cancel(), { once: true });
  await operation.ended(LONGEST_MS, over);
  const { state, error } = operation.snapshot();
  if (state !== 'succeeded') {
    if (error !== null && !res.headersSent)
      throw new GatewayError('NOT_READY', error.detail, { retryable: true });
    res.destroy();
    return;
  }
  if (!res.headersSent) res.setHeader('Content-Type', NDJSON);
  res.end();
}

/** What became of an import. */
export interface Imported {
  readonly imported: number;
  readonly failed: number;
  readonly problems: readonly { readonly line: number; readonly detail: string }[];
}

/** Reads lines and publishes each; one that cannot be used does not stop the others. */
export async function receiveImport(
  req: Request,
  service: Pick<DeadLetterService, 'import'>,
  queue: string,
): Promise<Imported> {
  let [imported, failed] = [0, 0];
  const problems: { line: number; detail: string }[] = [];
  const underWay = new Set<Promise<void>>();
  const take = async (number: number, content: Buffer | undefined): Promise<void> => {
    try {
      if (content === undefined) throw new Error(`is longer than ${MAX_LINE_BYTES} bytes`);
      await service.import(queue, validated(lineSchema, parseJson(content)));
      imported += 1;
    } catch (error) {
      failed += 1;
      if (problems.length < MAX_PROBLEMS)
        problems.push({ line: number, detail: error instanceof Error ? error.message : 'is not usable' });
    }
  };
  for await (const { number, content } of ndjsonLines(req, MAX_LINE_BYTES)) {
    if (underWay.size >= WINDOW) await Promise.race(underWay);
    const work: Promise<void> = take(number, content).finally(() => underWay.delete(work));
    underWay.add(work);
  }
  await Promise.all(underWay);
  return { imported, failed, problems };
}
