import type { ConfirmChannel } from 'amqplib';
import type { AmqpConnection } from './connection';
import { ConnectionError } from './errors';
import { ExchangeGate } from './exchange-gate';
import { type PublishRequest, publishOptions } from './message-validation';
import { PendingPublish } from './pending-publish';
import { PublishLane } from './publish-lane';
import type { Topology } from './topology';

/** What a channel publisher is made of. */
export interface ChannelPublisherOptions {
  readonly channel: ConfirmChannel;
  /** The connection the channel belongs to. */
  readonly connection: Pick<AmqpConnection, 'describe' | 'frameMax'>;
  /** Looks exchanges up first: a publish to one that is not there would close the channel. */
  readonly topology: Pick<Topology, 'exchangeExists'>;
  /** From `publish` to the broker's confirm, in milliseconds. Default 5000. */
  readonly deadlineMs?: number | undefined;
}

const DEFAULT_DEADLINE_MS = 5000;
const SWEEP_MS = 50;

/**
 * Publishes with the broker's confirm on one given channel, and never on another. A channel that holds an unsettled delivery
 * is thereby a fence: once the broker has handed that delivery to somebody else, it takes nothing more from here.
 */
export class ChannelPublisher {
  readonly #lane: PublishLane;
  readonly #connection: ChannelPublisherOptions['connection'];
  readonly #exchanges: ExchangeGate;
  readonly #deadlineMs: number;
  #closed: ConnectionError | undefined;
  #inFlight = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor({ channel, connection, topology, deadlineMs = DEFAULT_DEADLINE_MS }: ChannelPublisherOptions) {
    this.#connection = connection;
    this.#exchanges = new ExchangeGate(topology);
    this.#deadlineMs = deadlineMs;
    this.#lane = new PublishLane({
      connection: { openConfirmChannel: async () => channel },
      onSettled: () => this.#settled(),
      onRefused: () => undefined,
    });
    channel.once('close', () => {
      this.#closed = new ConnectionError('CHANNEL_CLOSED', 'The channel is closed', { retryable: true });
      this.#lane.disconnected(this.#closed);
    });
    this.#lane.connected();
  }

  /** Whether the channel is still there. */
  get open(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Resolves when the broker has confirmed the message and routed it to a queue.
   * @throws ConnectionError `CHANNEL_CLOSED`: it was not taken; QueueError `EXCHANGE_NOT_FOUND`; else as {@link ConfirmPublisher.publish}.
   */
  async publish(request: PublishRequest): Promise<void> {
    const { exchange } = request;
    if (exchange !== '' && !this.#exchanges.isOpen(exchange)) await this.#exchanges.check(exchange);
    if (this.#closed !== undefined) throw this.#closed;
    const { username } = this.#connection.describe();
    const options = publishOptions(request, username, this.#connection.frameMax);
    const deadline = performance.now() + (request.deadlineMs ?? this.#deadlineMs);
    const publish = new PendingPublish(request, options, deadline);
    this.#inFlight += 1;
    this.#sweep ??= setInterval(() => this.#lane.expire(performance.now()), SWEEP_MS);
    this.#lane.publish(publish);
    return publish.done;
  }

  #settled(): void {
    this.#inFlight -= 1;
    if (this.#inFlight > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
