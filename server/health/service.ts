import type { Drain } from '../http/drain';
import type { MessagingHealth, MessagingService, PartHealth } from '../messaging';
import type { LoopWatch } from './loop-watch';
import type { CanaryHealth, PublishCanary } from './publish-canary';

/** Whether traffic should be sent here, and why not. */
export interface Readiness {
  readonly ready: boolean;
  readonly status: 'ready' | 'not_ready' | 'stopping' | 'messaging_disabled';
  readonly messaging: MessagingHealth;
  /** Undefined where none was sent. */
  readonly canary: CanaryHealth | undefined;
  /** Undefined where they are not kept in Redis. */
  readonly apiKeys: PartHealth | undefined;
  /** Of further brokers, by name; they do not decide. Absent where there are none. */
  readonly brokers?: Readonly<Record<string, Readiness>>;
}

/** A broker whose state is told and decides nothing: traffic for the others is welcome without it. */
export interface OtherBroker {
  readonly name: string;
  readonly readiness: () => Promise<Readiness>;
}

/** Whether the process is of use, or should be started anew. */
export interface Liveness {
  readonly live: boolean;
  readonly loopLagMs: number;
}

export interface HealthServiceDeps {
  readonly messaging: Pick<MessagingService, 'health'>;
  readonly drain: Pick<Drain, 'draining'>;
  /** Undefined while messaging or the canary is switched off. */
  readonly canary: Pick<PublishCanary, 'check'> | undefined;
  /** Of keys in Redis: before they were read once nobody can be let in, and other replicas may know them. */
  readonly apiKeys?: () => PartHealth | undefined;
  readonly loop: Pick<LoopWatch, 'sustainedLagMs'>;
  /** 0: however late it is. */
  readonly maxLagMs: number;
  /** Further brokers. */
  readonly others?: readonly OtherBroker[];
}

export class HealthService {
  constructor(private readonly deps: HealthServiceDeps) {}

  liveness(): Liveness {
    const { loop, maxLagMs } = this.deps;
    const loopLagMs = Math.round(loop.sustainedLagMs);
    return { live: maxLagMs === 0 || loopLagMs <= maxLagMs, loopLagMs };
  }

  async readiness(): Promise<Readiness> {
    const { others = [] } = this.deps;
    if (others.length === 0) return this.ownReadiness();
    const [own, ...told] = await Promise.all([
      this.ownReadiness(),
      ...others.map(({ readiness }) => readiness()),
    ]);
    return { ...own, brokers: Object.fromEntries(told.map((other, at) => [others[at]?.name, other])) };
  }

  /** Of its own broker alone. */
  async ownReadiness(): Promise<Readiness> {
    const messaging = this.deps.messaging.health();
    const apiKeys = this.deps.apiKeys?.();
    const known = { messaging, canary: undefined, apiKeys };
    if (this.deps.drain.draining) return { ...known, ready: false, status: 'stopping' };
    if (apiKeys?.ready === false) return { ...known, ready: false, status: 'not_ready' };
    if (!messaging.enabled) return { ...known, ready: true, status: 'messaging_disabled' };
    if (!messaging.ready) return { ...known, ready: false, status: 'not_ready' };
    const canary = await this.deps.canary?.check();
    const ready = canary?.ready ?? true;
    return { ...known, canary, ready, status: ready ? 'ready' : 'not_ready' };
  }
}
