import type { CeleryEvent } from '../../celery/protocol';

/** Heartbeats may be late by this factor (celery/events/state.py `HEARTBEAT_EXPIRE_WINDOW`). */
const LATE_FACTOR = 2;
const DEFAULT_FREQUENCY_SECONDS = 60;

/** The other workers, by their events: who is there, who left, who was lost. */
export class Neighbours {
  /** Nodename and the moment, in epoch ms, from which it counts as lost. */
  private readonly lostAt = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  onEvent(event: CeleryEvent): 'joined' | 'left' | null {
    const { hostname, type, freq } = event;
    if (type === 'worker-offline') return this.lostAt.delete(hostname) ? 'left' : null;
    const joined = !this.lostAt.has(hostname);
    const frequency = typeof freq === 'number' ? freq : DEFAULT_FREQUENCY_SECONDS;
    this.lostAt.set(hostname, this.now() + frequency * LATE_FACTOR * 1000);
    return joined ? 'joined' : null;
  }

  /** Those not heard of in time, each told once. */
  takeLost(): readonly string[] {
    const now = this.now();
    const lost = [...this.lostAt].filter(([, at]) => at < now).map(([node]) => node);
    for (const node of lost) this.lostAt.delete(node);
    return lost;
  }
}
