import type { GatewayResponse } from '../http/request-context';

/** An answer as it is kept for repetitions. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Headers that belong to the answer, and not to the exchange it was first given in. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'location', 'retry-after'] as const;

/** An answer that its handler has finished and that has not been sent. */
export interface CapturedAnswer {
  readonly kept: KeptAnswer | undefined;
  /** Sends it. */
  send(): void;
  /** Forgets it: the response is as if nobody had touched it. */
  discard(): void;
}

/**
 * Holds an answer back until it is kept: a caller who has it may repeat the request at any gateway and must be given the
 * same. For answers that are written in one piece (`end`).
 */
export function captureAnswer(res: GatewayResponse): CapturedAnswer {
  const end = res.end;
  let kept: KeptAnswer | undefined;
  const hold = (body?: unknown): GatewayResponse => {
    const headers: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = res.getHeader(name);
      if (value !== undefined) headers[name] = String(value);
    }
    kept = { status: res.statusCode, headers, body: body === undefined ? '' : String(body) };
    return res;
  };
  res.end = hold as typeof res.end;
  return {
    get kept() {
      return kept;
    },
    send: () => {
      res.end = end;
      if (kept !== undefined) res.end(kept.body);
    },
    discard: () => {
      res.end = end;
      kept = undefined;
    },
  };
}

/** Gives a kept answer once more. */
export function sendKept(res: GatewayResponse, { status, headers, body }: KeptAnswer): void {
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.setHeader('Idempotency-Replayed', 'true');
  res.end(body);
}
