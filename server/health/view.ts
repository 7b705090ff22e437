import type { PartHealth } from '../messaging';
import type { Readiness } from './service';

function partView(part: PartHealth | undefined): object | undefined {
  if (part === undefined) return undefined;
  return {
    ready: part.ready,
    kind: part.kind,
    ...(part.detail === undefined ? {} : { detail: part.detail }),
  };
}

/** Open to anyone, so it names no host, user or queue. */
export function readinessView(readiness: Readiness): object {
  const { messaging } = readiness;
  return {
    status: readiness.status,
    messaging: messaging.enabled ? 'enabled' : 'disabled',
    broker: messaging.broker && {
      state: messaging.broker.state,
      server_version: messaging.broker.serverVersion,
      last_error: messaging.broker.lastError,
      publishes_in_flight: messaging.broker.publishesInFlight,
    },
    canary: readiness.canary && {
      ready: readiness.canary.ready,
      code: readiness.canary.code,
      confirm_ms: readiness.canary.confirmMs,
    },
    results: partView(messaging.results),
    submissions: partView(messaging.submissions),
    events: partView(messaging.events),
    api_keys: partView(readiness.apiKeys),
    brokers: readiness.brokers && mapped(readiness.brokers),
  };
}

/** Little: who asks for more asks the broker's own routes. */
const mapped = (brokers: Readonly<Record<string, Readiness>>): object =>
  Object.fromEntries(
    Object.entries(brokers).map(([name, { ready, status, messaging }]) => [
      name,
      { ready, status, state: messaging.broker?.state, last_error: messaging.broker?.lastError },
    ]),
  );
