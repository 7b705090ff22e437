import type { AmqpConnection } from './connection';
import { QueueError, type RabbitMQError } from './errors';
import type { PendingPublish } from './pending-publish';
import { PublishLane } from './publish-lane';

/** Exchanges that have a channel of their own at the same time; idle ones make room. */
const MAX_NAMED_LANES = 64;

/** What the pool needs to know of its publisher. */
export interface LanePoolOptions {
  readonly connection: Pick<AmqpConnection, 'openConfirmChannel' | 'state'>;
  /** Channels for the default exchange. */
  readonly channels: number;
  readonly onSettled: (publish: PendingPublish) => void;
  /** The broker closed the channel of this exchange. */
  readonly onRefused: (exchange: string, reason: RabbitMQError) => void;
  /** The broker answered nothing on the channel of this exchange, which is replaced. */
  readonly onSilent: (exchange: string) => void;
}

/**
 * The channels of a publisher. The default exchange can neither be missing nor be deleted, so its messages share a few channels in
 * turn. Each other exchange has a channel of its own: when it is deleted or refuses us, only its own messages suffer.
 */
export class LanePool {
  readonly #defaults: readonly PublishLane[];
  readonly #named = new Map<string, PublishLane>();
  #turn = 0;

  constructor(private readonly options: LanePoolOptions) {
    this.#defaults = Array.from({ length: options.channels }, () => this.#lane(''));
  }

  get ready(): boolean {
    return this.#defaults.some(({ state }) => state === 'up' || state === 'draining');
  }

  /**
   * The channel for a message to this exchange.
   *
   * @throws QueueError `PUBLISHER_SATURATED` when too many exchanges are busy at the same time
   */
  laneOf(exchange: string): PublishLane {
    if (exchange !== '') return this.#named.get(exchange) ?? this.#openNamed(exchange);
    this.#turn = (this.#turn + 1) % this.#defaults.length;
    return this.#defaults[this.#turn] as PublishLane;
  }

  connected(): void {
    for (const lane of this.#all()) lane.connected();
  }

  disconnected(error: RabbitMQError): void {
    for (const lane of this.#all()) lane.disconnected(error);
  }

  refuseWaiting(error: RabbitMQError): void {
    for (const lane of this.#all()) lane.refuseWaiting(error);
  }

  expire(now: number): void {
    for (const lane of this.#all()) lane.expire(now);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all()].map((lane) => lane.close()));
  }

  *#all(): Iterable<PublishLane> {
    yield* this.#defaults;
    yield* this.#named.values();
  }

  #lane(exchange: string): PublishLane {
    return new PublishLane({
      connection: this.options.connection,
      onSettled: this.options.onSettled,
      onRefused: (reason) => this.options.onRefused(exchange, reason),
      onSilent: () => {
        // A blocked one answers nothing, and would not open a channel either.
        if (this.options.connection.state !== 'connected') return 'keep';
        this.options.onSilent(exchange);
        return 'replace';
      },
    });
  }

  #openNamed(exchange: string): PublishLane {
    if (this.#named.size >= MAX_NAMED_LANES) this.#dropIdle();
    const lane = this.#lane(exchange);
    this.#named.set(exchange, lane);
    lane.connected();
    return lane;
  }

  #dropIdle(): void {
    for (const [exchange, lane] of this.#named) {
      if (!lane.idle) continue;
      this.#named.delete(exchange);
      void lane.close();
      return;
    }
    throw new QueueError('PUBLISHER_SATURATED', 'Too many exchanges are published to at the same time', {
      retryable: true,
    });
  }
}
