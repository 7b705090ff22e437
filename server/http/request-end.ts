import type { GatewayResponse } from './request-context';

/** The requests that end when a signal does: one listener for all of them, however many wait. */
const underWay = new WeakMap<AbortSignal, Set<AbortController>>();

function endingWith(stopping: AbortSignal): Set<AbortController> {
  const known = underWay.get(stopping);
  if (known !== undefined) return known;
  const requests = new Set<AbortController>();
  underWay.set(stopping, requests);
  stopping.addEventListener('abort', () => {
    for (const request of requests) request.abort(stopping.reason);
    requests.clear();
  });
  return requests;
}

/**
 * A signal for one request: it ends when the caller goes away before the answer, or the gateway stops. A request that was
 * answered ends without it: nobody is left to tell, and an abort costs as much as a part of the answer.
 */
export function endOf(res: GatewayResponse, stopping: AbortSignal): AbortSignal {
  if (stopping.aborted) return stopping;
  const end = new AbortController();
  const requests = endingWith(stopping);
  requests.add(end);
  res.once('close', () => {
    requests.delete(end);
    if (!res.writableFinished) end.abort();
  });
  return end.signal;
}
