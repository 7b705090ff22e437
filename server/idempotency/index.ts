export type { Claim } from './claim';
export { ClaimLog, type ClaimLogDeps, type Claims } from './claim-log';
export { derivedId, fingerprintOf, keyOf } from './derived-id';
export { IdempotentRequests, type IdempotentRequestsDeps, idempotencyKey } from './idempotent-requests';
