import type { TaskRequest } from '../../celery/protocol';

/** What happens to a received task: run it now, hold it until its ETA, or drop it with a reason. */
export type Admission =
  | { readonly kind: 'run' }
  | { readonly kind: 'defer'; readonly until: number }
  | { readonly kind: 'discard'; readonly reason: 'expired' | 'revoked' };

/** What admission asks of the worker's memory of revokes. */
export interface RevokedLookup {
  has(request: Pick<TaskRequest, 'id' | 'stampedHeaders' | 'stamps'>): boolean;
}

const RUN: Admission = { kind: 'run' };

/**
 * Decides at receipt, and again when a slot takes the task: an ETA wait or a full pool may outlast an expiry or a revoke.
 * Order and rules of celery/worker/strategy.py and celery/worker/request.py `revoked`: expired only once `expires` has
 * passed, not at it. Pure. `now` is epoch ms.
 */
export function admit(request: TaskRequest, now: number, revoked: RevokedLookup): Admission {
  if (request.expires !== null && now > request.expires) return { kind: 'discard', reason: 'expired' };
  if (revoked.has(request)) return { kind: 'discard', reason: 'revoked' };
  if (request.eta !== null && request.eta > now) return { kind: 'defer', until: request.eta };
  return RUN;
}
