import type { GatewayResponse } from './request-context';

/** A signal for one request: it ends when the caller goes away or the gateway stops. */
export function endOf(res: GatewayResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, stopping]);
}
