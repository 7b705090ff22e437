import type { Clock, LifecyclePart, Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import { ClaimLog, type Claims, IdempotentRequests } from '../idempotency';
import { disabledPort } from '../messaging';
import type { BrokerParts } from './messaging';

/** Agreement between gateways about what was done already, and the requests that rely on it. */
export interface Idempotency {
  readonly claims: Claims;
  readonly requests: IdempotentRequests;
  readonly parts: readonly LifecyclePart[];
}

export interface IdempotencyContext {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly broker: BrokerParts | undefined;
}

/** How long the submission record may take to be read to its end. */
const RECORD_READ_MS = 5000;

function claimLog({ config, logger, clock }: IdempotencyContext, broker: BrokerParts): ClaimLog {
  return new ClaimLog({
    connection: broker.connections.consume,
    publisher: broker.publisher,
    topology: broker.topology,
    streamName: config.IDEMPOTENCY_STREAM,
    maxAgeSeconds: config.IDEMPOTENCY_TTL_SECONDS,
    maxEntries: config.IDEMPOTENCY_MAX_ENTRIES,
    clock,
    logger,
  });
}

/** Without a broker every request with a key is refused: nothing could be promised. */
export function createIdempotency(context: IdempotencyContext): Idempotency {
  const { config, broker, logger } = context;
  const log = broker === undefined ? undefined : claimLog(context, broker);
  const claims = log ?? disabledPort<Claims>();
  const requests = new IdempotentRequests({
    claims,
    ttlMs: config.IDEMPOTENCY_TTL_SECONDS * 1000,
    leaseMs: config.IDEMPOTENCY_LEASE_SECONDS * 1000,
    recordRead: async () => broker?.records?.sync(RECORD_READ_MS),
    logger,
  });
  const parts: readonly LifecyclePart[] =
    log === undefined ? [] : [{ name: 'idempotency', start: () => log.start(), stop: () => log.stop() }];
  return { claims, requests, parts };
}
