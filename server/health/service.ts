import type { Drain } from '../http/drain';
import type { MessagingHealth, MessagingService } from '../messaging';

/** Whether traffic should be sent here, and why not. */
export interface Readiness {
  readonly ready: boolean;
  readonly status: 'ready' | 'not_ready' | 'stopping' | 'messaging_disabled';
  readonly messaging: MessagingHealth;
}

export interface HealthServiceDeps {
  readonly messaging: Pick<MessagingService, 'health'>;
  readonly drain: Pick<Drain, 'draining'>;
}

export class HealthService {
  constructor(private readonly deps: HealthServiceDeps) {}

  readiness(): Readiness {
    const messaging = this.deps.messaging.health();
    if (this.deps.drain.draining) return { ready: false, status: 'stopping', messaging };
    if (!messaging.enabled) return { ready: true, status: 'messaging_disabled', messaging };
    return { ready: messaging.ready, status: messaging.ready ? 'ready' : 'not_ready', messaging };
  }
}
