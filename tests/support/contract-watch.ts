import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { Contract } from './contract';
import { breaches } from './contract-breaches';

/** Larger answers are not kept for a check. */
const MAX_KEPT_BYTES = 8_388_608;

const watched = new WeakSet<object>();
let contract: Contract | undefined;

interface Handled extends IncomingMessage {
  readonly app?: object;
  readonly route?: { readonly path?: unknown };
  readonly body?: unknown;
}

/** Follows one answer to its end. */
function follow(request: Handled, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const keep = (chunk: unknown): void => {
    if (typeof chunk !== 'string' && !Buffer.isBuffer(chunk)) return;
    bytes += chunk.length;
    if (bytes <= MAX_KEPT_BYTES) chunks.push(Buffer.from(chunk));
  };
  for (const name of ['write', 'end'] as const) {
    const original = response[name] as (...given: unknown[]) => unknown;
    Object.assign(response, {
      [name]: (...given: unknown[]) => {
        keep(given[0]);
        return original.apply(response, given);
      },
    });
  }
  response.once('finish', () => {
    if (request.app === undefined || !watched.has(request.app) || bytes > MAX_KEPT_BYTES) return;
    contract ??= new Contract();
    const { path } = request.route ?? {};
    const type = response.getHeader('content-type');
    breaches.found.push(
      ...contract.breaches({
        method: request.method ?? '',
        // The document tells of the default broker's; the others have the same.
        route: typeof path === 'string' ? path.replace(/^\/brokers\/[^/]+/, '') : undefined,
        status: response.statusCode,
        contentType: typeof type === 'string' ? type : undefined,
        body: Buffer.concat(chunks).toString(),
        asked: request.body,
      }),
    );
  });
}

const STARTED = 'http.server.request.start';

function onStarted(message: unknown): void {
  const { request, response } = message as { request: Handled; response: ServerResponse };
  follow(request, response);
}

/** From now on each answer of this application is held to the OpenAPI document; see contract-check.ts. */
export function holdToContract(app: Express): void {
  watched.add(app);
  if (breaches.stopWatching !== undefined) return;
  subscribe(STARTED, onStarted);
  breaches.stopWatching = () => unsubscribe(STARTED, onStarted);
}
