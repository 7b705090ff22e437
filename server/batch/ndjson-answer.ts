import type { Request } from 'express';
import { GatewayError } from '../errors';
import { type ProblemPlace, problemOf } from '../http/problem';
import type { GatewayResponse } from '../http/request-context';
import { ndjsonLines } from './ndjson-lines';
import { OrderedLines } from './ordered-lines';
import type { BatchOutcome } from './service';
import { outcomeView } from './view';

export interface NdjsonAnswerOptions {
  /** Lines that may be under way. */
  readonly width: number;
  readonly maxLineBytes: number;
  readonly stopping: AbortSignal;
  readonly place: (line: number) => ProblemPlace;
  /** Resolves once the next line may follow; what becomes of this one comes later. */
  readonly submit: (content: Buffer, line: number) => Promise<{ readonly outcome: Promise<BatchOutcome> }>;
}

/** The chunks of a request until its end or the gateway's. Leaving off does not cut the connection: an answer is due. */
async function* chunksOf(req: Request, stopping: AbortSignal): AsyncGenerator<Buffer, void> {
  const chunks = req.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const stopped = new Promise<undefined>((resolve) => {
    if (stopping.aborted) resolve(undefined);
    else stopping.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  for (;;) {
    const next = await Promise.race([chunks.next(), stopped]);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}

/**
 * Answers lines with lines, in their order, while more of them come in. What is in memory is bounded by `width`: a caller that
 * does not read its answers is not read either. A caller that goes away leaves nothing running but the confirms on their way.
 */
export async function answerStream(
  req: Request,
  res: GatewayResponse,
  options: NdjsonAnswerOptions,
): Promise<void> {
  const { stopping, place, submit } = options;
  res.writeHead(207, {
    'Content-Type': 'application/x-ndjson; charset=utf-8',
    'Cache-Control': 'no-store',
    // A proxy that gathers the answer would hold up who waits for it before sending more.
    'X-Accel-Buffering': 'no',
  });
  res.flushHeaders();
  const answer = new OrderedLines(res, options.width);
  let accepted = 0;
  let refused = 0;
  const lineOf = (line: number, outcome: BatchOutcome): string => {
    if ('accepted' in outcome) accepted += 1;
    else refused += 1;
    return `${JSON.stringify({ line, ...outcomeView(outcome, problemOf, place(line)) })}\n`;
  };
  let problem: object | undefined;
  try {
    for await (const { number, content } of ndjsonLines(chunksOf(req, stopping), options.maxLineBytes)) {
      const room = answer.room();
      if (room !== undefined) await room;
      if (answer.closed) break;
      if (content === undefined) answer.add(Promise.resolve(lineOf(number, { error: tooLong() })));
      else {
        const { outcome } = await submit(content, number);
        answer.add(outcome.then((known) => lineOf(number, known)));
      }
    }
    if (stopping.aborted) problem = problemOf(stoppedEarly(), place(0));
  } catch (error) {
    // The request broke off. What came whole has its answer, if anybody is left to read it.
    problem = problemOf(brokenOff(error), place(0));
  }
  await answer.end();
  if (answer.closed) return;
  const summary = { accepted, refused, complete: problem === undefined };
  const last = { summary: problem === undefined ? summary : { ...summary, problem } };
  res.end(`${JSON.stringify(last)}\n`, () => {
    // What was not read must not be taken for the next request.
    if (!req.complete) req.socket.destroySoon();
  });
}

const tooLong = (): GatewayError => new GatewayError('BODY_TOO_LARGE', 'The line exceeds the limit.');

const stoppedEarly = (): GatewayError =>
  new GatewayError(
    'SHUTTING_DOWN',
    'The gateway is stopping: lines after the last one answered were not read.',
    {
      retryable: true,
    },
  );

const brokenOff = (cause: unknown): GatewayError =>
  new GatewayError('BODY_MALFORMED', 'The request did not arrive whole.', { cause });
