import type { ConfirmChannel, Message } from 'amqplib';
import { closeChannel } from './close-channel';
import type { AmqpConnection } from './connection';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError, QueueError, type RabbitMQError } from './errors';
import type { PendingPublish } from './pending-publish';

/** Frames amqplib buffers for the channel; beyond it messages wait with us, where they can still be refused for certain. */
const HIGH_WATER_MARK = 1024;

/** Wait before a channel the broker closed is opened again, doubled at each failure in a row. */
const REOPEN_INITIAL_MS = 20;
const REOPEN_MAX_MS = 5000;

/** The refusal of a publish whose deadline passed before it was written. */
export const notWritten = (): RabbitMQError =>
  new QueueError('PUBLISHER_SATURATED', 'The message could not be written within its deadline', {
    retryable: true,
  });

/** What a lane needs to know of its publisher. */
export interface LaneOptions {
  readonly connection: Pick<AmqpConnection, 'openConfirmChannel'>;
  /** Called once for each publish, when the broker has answered or the channel has died. */
  readonly onSettled: (publish: PendingPublish) => void;
  /** The broker closed the channel, and why. */
  readonly onRefused: (reason: RabbitMQError) => void;
  /** The broker answered nothing on the channel for as long as a message may take: whether another one is to take its place. Default: none. */
  readonly onSilent?: (() => 'replace' | 'keep') | undefined;
}

/** `opening` keeps messages, `down` has no connection and refuses them. */
export type LaneState = 'down' | 'opening' | 'up' | 'draining';

/**
 * One confirm channel and the messages on it, in the order they were written. Opened anew by itself when the broker closes
 * it; `connected` and `disconnected` tell it of its connection.
 */
export class PublishLane {
  #state: LaneState = 'down';
  #channel: ConfirmChannel | undefined;
  #waiting: PendingPublish[] = [];
  readonly #written = new Set<PendingPublish>();
  #closeReason: RabbitMQError | undefined;
  #lastWritten: PendingPublish | undefined;
  #reopenMs = REOPEN_INITIAL_MS;
  #timer: NodeJS.Timeout | undefined;
  /** When the broker last answered, or the channel was opened; on the clock of deadlines. */
  #heardAt = 0;
  /** One more whenever the connection comes or goes: an opening of an earlier one is stale. */
  #epoch = 0;

  constructor(private readonly options: LaneOptions) {}

  get state(): LaneState {
    return this.#state;
  }

  get idle(): boolean {
    return this.#written.size === 0 && this.#waiting.length === 0;
  }

  /** The connection is there: opens the channel. Idempotent while it is up. */
  connected(): void {
    if (this.#state !== 'down') return;
    this.#state = 'opening';
    this.#epoch += 1;
    void this.#open(this.#epoch);
  }

  /** The connection is gone or takes no messages: what was not written is refused for certain. */
  refuseWaiting(error: RabbitMQError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const publish of waiting) {
      publish.reject(error);
      this.options.onSettled(publish);
    }
  }

  /** The connection is gone. Written messages end as unknown when amqplib closes the channel. */
  disconnected(error: RabbitMQError): void {
    clearTimeout(this.#timer);
    this.#epoch += 1;
    this.#state = 'down';
    this.#closeReason = error;
    this.refuseWaiting(error);
  }

  /** Closes the channel for good. */
  async close(): Promise<void> {
    const channel = this.#channel;
    this.disconnected(new ConnectionError('CHANNEL_CLOSED', 'Publisher is stopped'));
    if (channel !== undefined) await closeChannel(channel);
  }

  /** Ends what has passed its deadline: refused while it waits with us, unknown once written. */
  expire(now: number): void {
    let silent = false;
    for (const publish of this.#written) {
      if (publish.deadline > now) continue;
      publish.unknown('no confirm within the deadline');
      silent ||= publish.admittedAt >= this.#heardAt;
    }
    if (silent) this.#replace();
    const expired = this.#waiting.filter((publish) => publish.deadline <= now);
    if (expired.length === 0) return;
    this.#waiting = this.#waiting.filter((publish) => publish.deadline > now);
    for (const publish of expired) {
      publish.reject(notWritten());
      this.options.onSettled(publish);
    }
  }

  /** Writes the message, or keeps it until the channel takes it; the caller has checked that there is a connection. */
  publish(publish: PendingPublish): void {
    if (this.#state === 'up' && this.#channel !== undefined) this.#write(this.#channel, publish);
    else this.#waiting.push(publish);
  }

  async #open(epoch: number): Promise<void> {
    try {
      const channel = await this.options.connection.openConfirmChannel(HIGH_WATER_MARK);
      if (epoch === this.#epoch) this.#adopt(channel);
      else await closeChannel(channel);
    } catch {
      if (epoch === this.#epoch) this.#reopenLater();
    }
  }

  /**
   * A channel that answers nothing while its connection lives: RabbitMQ (3.10) may have one wait for the leader that a queue had
   * before a partition, for as long as that lasts. Another channel asks for the leader anew.
   */
  #replace(): void {
    const channel = this.#channel;
    if (channel === undefined || this.options.onSilent?.() !== 'replace') return;
    this.#channel = undefined;
    this.#state = 'opening';
    void closeChannel(channel);
    void this.#open(this.#epoch);
  }

  #adopt(channel: ConfirmChannel): void {
    this.#channel = channel;
    this.#heardAt = performance.now();
    this.#closeReason = undefined;
    channel.on('error', (error: Error) => {
      this.#closeReason = toRabbitMQError(error);
      this.options.onRefused(this.#closeReason);
    });
    channel.on('close', () => this.#onClose(channel));
    channel.on('return', (message: Message) => this.#onReturn(message));
    channel.on('drain', () => this.#flush(channel));
    this.#flush(channel);
  }

  #reopenLater(): void {
    if (this.#state === 'down') return;
    this.#state = 'opening';
    this.#timer = setTimeout(() => void this.#open(this.#epoch), this.#reopenMs);
    this.#reopenMs = Math.min(REOPEN_MAX_MS, this.#reopenMs * 2);
  }

  #flush(channel: ConfirmChannel): void {
    if (this.#channel !== channel) return;
    this.#state = 'up';
    let next = 0;
    for (; this.#isUp() && next < this.#waiting.length; next++)
      this.#write(channel, this.#waiting[next] as PendingPublish);
    if (next > 0) this.#waiting = this.#waiting.slice(next);
  }

  #isUp(): boolean {
    return this.#state === 'up';
  }

  #write(channel: ConfirmChannel, publish: PendingPublish): void {
    const { exchange, routingKey, content } = publish.request;
    try {
      const more = channel.publish(exchange, routingKey, content, publish.options, (error: unknown) =>
        this.#onAnswer(publish, error),
      );
      this.#written.add(publish);
      this.#lastWritten = publish;
      if (!more) this.#state = 'draining';
    } catch (error) {
      // Thrown before anything was written: the library refused the message, or the channel has just closed.
      publish.reject(toRabbitMQError(error));
      this.options.onSettled(publish);
    }
  }

  #onAnswer(publish: PendingPublish, error: unknown): void {
    if (error === null) {
      this.#heardAt = performance.now();
      this.#reopenMs = REOPEN_INITIAL_MS;
      publish.confirmed();
    } else if (error instanceof Error && error.message === 'message nacked') publish.nacked();
    else this.#lost(publish);
    this.#written.delete(publish);
    this.options.onSettled(publish);
  }

  /**
   * The channel died with the message on it. When it died of a publish (exchange gone, access refused), the broker dropped
   * that one and all behind it; the last one is therefore surely not taken.
   */
  #lost(publish: PendingPublish): void {
    const reason = this.#closeReason;
    const refused = reason?.code === 'EXCHANGE_NOT_FOUND' || reason?.code === 'ACCESS_REFUSED';
    if (refused && publish === this.#lastWritten) publish.reject(reason);
    else publish.unknown(reason?.message ?? 'the channel or its connection closed', reason);
  }

  #onClose(channel: ConfirmChannel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#reopenLater();
  }

  /** A return comes before the confirm of its message, and in the order of publishing. */
  #onReturn({ fields, properties }: Message): void {
    for (const publish of this.#written) {
      const { request } = publish;
      if (
        publish.returned === undefined &&
        request.mandatory !== false &&
        request.routingKey === fields.routingKey &&
        request.exchange === fields.exchange &&
        request.properties.messageId === properties.messageId &&
        request.properties.correlationId === properties.correlationId
      ) {
        publish.returned = (fields as { readonly replyText?: string }).replyText ?? 'NO_ROUTE';
        return;
      }
    }
  }
}
