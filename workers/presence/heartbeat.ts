import { loadavg, type } from 'node:os';
import type { EventDispatcher } from '../../celery/events';

/** Seconds between heartbeats, and what monitors multiply by two before they call a worker lost. */
const FREQUENCY_SECONDS = 2;
/** The frequency Celery announces in a heartbeat that was asked for (celery/worker/control.py `heartbeat`). */
const ON_DEMAND_SECONDS = 5;

export interface HeartbeatDeps {
  readonly dispatcher: Pick<EventDispatcher, 'send'>;
  readonly counts: () => { readonly active: number; readonly processed: number };
  readonly version: string;
}

/** Tells monitors that this worker lives (celery/worker/heartbeat.py `Heart`). */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: HeartbeatDeps) {}

  start(): void {
    if (this.timer !== undefined) return;
    this.send('worker-online');
    this.timer = setInterval(() => this.send('worker-heartbeat'), FREQUENCY_SECONDS * 1000);
  }

  /** Sends the last event and ends the beat. */
  stop(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.send('worker-offline');
  }

  /** After a reconnect: monitors may have seen this worker go. */
  announce(): void {
    if (this.timer !== undefined) this.send('worker-online');
  }

  beatOnDemand(): void {
    this.deps.dispatcher.send('worker-heartbeat', { freq: ON_DEMAND_SECONDS, ...this.software() });
  }

  private send(eventType: string): void {
    const load = loadavg().map((value) => Math.round(value * 100) / 100);
    this.deps.dispatcher.send(eventType, {
      freq: FREQUENCY_SECONDS,
      ...this.deps.counts(),
      loadavg: load,
      ...this.software(),
    });
  }

  private software(): Readonly<Record<string, string>> {
    return { sw_ident: 'celery-gateway', sw_ver: this.deps.version, sw_sys: type() };
  }
}
