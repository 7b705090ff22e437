import type { ControlCommand } from '../../celery';
import type { LamportClock } from '../../celery/protocol';

export interface HelloDeps {
  readonly revokes: { ids(): readonly string[] };
  readonly lamport: Pick<LamportClock, 'forward'>;
}

/**
 * Answers the mingle of a worker that starts: it asks everybody what it missed, for a second and before it consumes. So it knows the
 * revokes that were made while it was away before it sees its first task (celery/worker/consumer/mingle.py). A plain list of
 * ids is read by every Celery version; each worker dates it by its own clock.
 */
export function helloCommands({ revokes, lamport }: HelloDeps): ReadonlyMap<string, ControlCommand> {
  return new Map([['hello', () => ({ revoked: revokes.ids(), clock: lamport.forward() })]]);
}
