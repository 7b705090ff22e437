import {
  type ConfirmPublisher,
  hasCode,
  type RabbitMQError,
  type Topology,
  toRabbitMQError,
} from '../../amqp';
import type { Clock } from '../../runtime';

/** How the last canary ended. */
export interface CanaryHealth {
  readonly ready: boolean;
  /** Why it is not ready, as an error code. */
  readonly code?: string | undefined;
  /** How long its confirm took. */
  readonly confirmMs?: number | undefined;
}

export interface PublishCanaryOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish' | 'ready'>;
  readonly topology: Pick<Topology, 'ensureQueue'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** A queue nobody else uses. */
  readonly queue: string;
  readonly timeoutMs: number;
}

/** Probes that come more often than this are answered with what the last one found. */
const FRESH_MS = 2000;
/** Without a gateway the queue goes by itself. */
const QUEUE_EXPIRES_MS = 300_000;

/**
 * Publishes a persistent message to a queue of its own and waits for the confirm: what a submission needs of the broker, where a
 * connection alone may be one to a node that is frozen or whose disk does not answer. Runs when readiness is asked for.
 */
export class PublishCanary {
  #declared = false;
  #running: Promise<CanaryHealth> | undefined;
  #last: CanaryHealth = { ready: true };
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: PublishCanaryOptions) {}

  /** Never rejects; callers at the same time share one canary. */
  async check(): Promise<CanaryHealth> {
    const { clock, publisher } = this.options;
    if (this.#last.ready && publisher.ready && clock.monotonic() - this.#lastAt < FRESH_MS) return this.#last;
    this.#running ??= this.#send().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #send(): Promise<CanaryHealth> {
    const { clock, timeoutMs } = this.options;
    const startedAt = clock.monotonic();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs);
    });
    const sent = this.#publish().then(
      () => undefined,
      (error: unknown) => toRabbitMQError(error),
    );
    const outcome = await Promise.race([sent, late]);
    clearTimeout(timer);
    this.#last = this.#health(outcome, clock.monotonic() - startedAt);
    this.#lastAt = clock.monotonic();
    return this.#last;
  }

  #health(outcome: RabbitMQError | 'late' | undefined, confirmMs: number): CanaryHealth {
    if (outcome === undefined) return { ready: true, confirmMs: Math.round(confirmMs) };
    if (outcome === 'late') return { ready: false, code: 'CONFIRM_TIMEOUT' };
    // A queue purged away or expired is no reason to turn traffic away; the next canary declares it anew.
    if (hasCode(outcome, 'UNROUTABLE')) this.#declared = false;
    // A user who may not have this queue may still submit.
    return {
      ready: hasCode(outcome, 'UNROUTABLE') || hasCode(outcome, 'ACCESS_REFUSED'),
      code: outcome.code,
    };
  }

  async #publish(): Promise<void> {
    const { publisher, topology, queue, timeoutMs } = this.options;
    if (!this.#declared) {
      await topology.ensureQueue({
        name: queue,
        arguments: { 'x-expires': QUEUE_EXPIRES_MS, 'x-max-length': 1 },
      });
      this.#declared = true;
    }
    await publisher.publish({
      exchange: '',
      routingKey: queue,
      content: Buffer.from('{}'),
      properties: { contentType: 'application/json', deliveryMode: 2 },
      mandatory: true,
      deadlineMs: timeoutMs,
    });
  }
}
