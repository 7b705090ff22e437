import type { Problem } from './operations';
import { GatewayProblem } from './problem';
import { jsonLines, serverEvents } from './streams';

const PROBLEM = 'application/problem+json';

/** @throws GatewayProblem for a problem document, for a 304, and for what no gateway would answer. */
export async function bodyOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  if (type === PROBLEM) throw new GatewayProblem(response, (await response.json()) as Problem);
  // A readiness of 503 is JSON, and an answer; a proxy's page is neither.
  if (!response.ok && type !== 'application/json') {
    throw new GatewayProblem(response, undefined);
  }
  if (response.status === 204 || type === '') return undefined;
  if (type.endsWith('json') && !/nd|seq/.test(type)) return response.json();
  if (type === 'text/event-stream') return serverEvents(response.body);
  if (/ndjson|jsonl|json-seq/.test(type)) return jsonLines(response.body);
  return response.text();
}

type Given = string | Uint8Array | AsyncIterable<unknown>;

/** A body as `fetch` takes it: JSON, what is ready to be sent, or values sent a line at a time. */
export function sendable(
  body: unknown,
  contentType: string,
): { readonly body: NonNullable<RequestInit['body']>; readonly duplex?: 'half' } {
  if (/[/+]json\b/.test(contentType)) return { body: JSON.stringify(body) };
  const given = body as Given;
  if (typeof given === 'string' || given instanceof Uint8Array) return { body: given as string };
  return { body: lines(given) as unknown as string, duplex: 'half' };
}

async function* lines(values: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const value of values) yield encoder.encode(`${JSON.stringify(value)}\n`);
}
