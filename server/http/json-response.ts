import type { GatewayResponse } from './request-context';

function exactly(_key: string, value: unknown): unknown {
  // Results of Python tasks hold integers beyond 2^53, read as bigint; JSON has no other exact form than text.
  return typeof value === 'bigint' ? value.toString() : value;
}

/** JSON, with integers beyond 2^53 as text. A replacer makes `stringify` several times slower, so it is used only where plain JSON refuses: for a bigint. */
function jsonText(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch {
    return JSON.stringify(body, exactly);
  }
}

/** How much was done, where the answer tells it: `{"purged": 3}`. */
function countsOf(body: unknown): Readonly<Record<string, number>> {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'number'));
}

/** A body as JSON, without secrets where the route shows something. Every answer in JSON is written through this. */
export function shownText(res: GatewayResponse, body: unknown): string {
  const { mask } = res.locals;
  return jsonText(mask === undefined ? body : mask(body));
}

/** Answers JSON without Express's etag and content negotiation, which the hot path does not need. */
export function sendJson(res: GatewayResponse, status: number, body: unknown): void {
  if (res.locals.counts !== undefined) res.locals.counts = countsOf(body);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.end(shownText(res, body));
}
