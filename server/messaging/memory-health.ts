import type { PartHealth } from './messaging-service';

/** How a part is told that the operator has turned off. */
export const SWITCHED_OFF: PartHealth = { ready: true, kind: 'none', detail: 'switched off' };

/**
 * Until a durable log has been replayed, known tasks would be answered 404; so it counts for readiness. A missing
 * Redis does not: submissions are served without it, and every replica would be taken out at once.
 */
export function readable(part: PartHealth): boolean {
  return part.ready || part.kind === 'redis';
}

/** Whether it is known where the part keeps what it is told, replayed or not. */
export function settled(part: PartHealth): boolean {
  return part.ready || part.kind !== 'none';
}
