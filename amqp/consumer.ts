import type { Channel } from 'amqplib';
import { Backoff } from './backoff';
import { closeChannel } from './close-channel';
import type { AmqpConnection } from './connection';
import { ConsumerSession } from './consumer-session';
import type { Delivery } from './delivery';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError, type RabbitMQError } from './errors';
import { encodeArguments } from './header-table';
import type { AmqpLogger } from './log';

/** Arguments of `basic.consume`, e.g. `x-stream-offset`. */
export type ConsumeArguments = Readonly<Record<string, unknown>>;

/** What a consumer is made of. */
export interface ConsumerOptions {
  readonly connection: AmqpConnection;
  readonly queue: string;
  /** Unsettled deliveries at a time; 0 is no limit. */
  readonly prefetch: number;
  readonly noAck?: boolean | undefined;
  readonly exclusive?: boolean | undefined;
  /** The channel confirms what is published on it: `prepare` is given a `ConfirmChannel`. Default false. */
  readonly confirms?: boolean | undefined;
  /** `x-priority`: higher ones are served first. */
  readonly priority?: number | undefined;
  /** A function is asked before each consume: where to go on in a stream changes. */
  readonly arguments?: ConsumeArguments | (() => ConsumeArguments) | undefined;
  /** Runs on the consumer's own channel before each consume: exclusive queues are declared here. A returned string replaces the queue's name. */
  readonly prepare?: ((channel: Channel) => Promise<string | undefined> | Promise<void>) | undefined;
  /** Called for each message, synchronously. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** Deliveries ended although nobody cancelled: all unsettled ones are back in the queue. Consuming goes on by itself. */
  readonly onInterrupted?: ((reason: RabbitMQError) => void) | undefined;
  readonly onConsuming?: (() => void) | undefined;
  readonly logger: AmqpLogger;
}

const RETRY_INITIAL_MS = 100;
const RETRY_MAX_MS = 10_000;

/**
 * Consumes one queue on a channel of its own, and begins again by itself after a lost connection, a closed channel or a deleted
 * queue.
 */
export class AmqpConsumer {
  readonly #options: ConsumerOptions;
  readonly #backoff = new Backoff({ initialMs: RETRY_INITIAL_MS, maxMs: RETRY_MAX_MS, random: Math.random });
  #prefetch: number;
  #session: ConsumerSession | undefined;
  #abort: AbortController | undefined;
  #started: Promise<void> | undefined;
  #consuming = false;
  #lastLogged = '';

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#prefetch = options.prefetch;
  }

  get consuming(): boolean {
    return this.#consuming;
  }

  /** Deliveries handed out and not yet settled. */
  get unsettled(): number {
    return this.#session?.unsettled ?? 0;
  }

  /**
   * Resolves when first consuming, however long that takes. Idempotent.
   *
   * @throws ConnectionError only when stopped or cancelled before
   */
  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  /** No more deliveries; messages still on their way go back to the queue; the channel stays, so that the others can be settled. */
  async cancel(): Promise<void> {
    this.#end();
    await this.#session?.cancel(true);
  }

  /** Cancels and closes the channel: what is not settled goes back to the queue. */
  async stop(): Promise<void> {
    await this.cancel();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** Changes the prefetch of the running consumer: cancels it and consumes again on the same channel, losing nothing. */
  async setPrefetch(prefetch: number): Promise<void> {
    if (prefetch !== this.#prefetch) await this.renew(prefetch);
  }

  /**
   * Consumes anew on the same channel, losing nothing: what was delivered so far and is not settled counts no more against the
   * prefetch.
   */
  async renew(prefetch = this.#prefetch): Promise<void> {
    this.#prefetch = prefetch;
    const session = this.#session;
    if (session === undefined || !this.#consuming) return;
    await session.cancel(false);
    await this.#consume(session).catch(() => session.close());
  }

  #begin(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    return new Promise((resolve, reject) => {
      abort.signal.addEventListener('abort', () =>
        reject(new ConnectionError('CHANNEL_CLOSED', 'Consumer is stopped')),
      );
      void this.#run(abort.signal, resolve);
    });
  }

  #end(): void {
    this.#consuming = false;
    this.#started?.catch(() => undefined);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#started = undefined;
  }

  async #run(signal: AbortSignal, onFirst: () => void): Promise<void> {
    while (!signal.aborted) {
      try {
        const session = await this.#openSession(signal);
        if (session === undefined) return;
        this.#backoff.reset();
        this.#lastLogged = '';
        this.#consuming = true;
        onFirst();
        this.#options.onConsuming?.();
        const reason = await session.interrupted;
        if (signal.aborted) return;
        this.#interrupted(reason);
        await session.close();
      } catch (error) {
        this.#log(toRabbitMQError(error));
        if (this.#options.connection.state === 'stopped') return this.#end();
      }
      await pause(this.#backoff.next(), signal);
    }
  }

  async #openSession(signal: AbortSignal): Promise<ConsumerSession | undefined> {
    const { connection, onDelivery, noAck = false, queue, prepare, confirms = false } = this.#options;
    await connection.ready();
    const channel = await (confirms ? connection.openConfirmChannel() : connection.openChannel());
    try {
      const name = (await prepare?.(channel)) ?? queue;
      const session = new ConsumerSession({ channel, queue: name, noAck, onDelivery });
      if (!signal.aborted) {
        this.#session = session;
        await this.#consume(session);
      }
      if (!signal.aborted) return session;
      await session.cancel(true);
      if (this.#session !== session) await session.close();
      return undefined;
    } catch (error) {
      await closeChannel(channel);
      throw error;
    }
  }

  async #consume(session: ConsumerSession): Promise<void> {
    const { exclusive = false, priority, arguments: given } = this.#options;
    const args = typeof given === 'function' ? given() : given;
    const withPriority = priority === undefined ? args : { ...args, 'x-priority': priority };
    await session.consume(this.#prefetch, { exclusive, arguments: encodeArguments(withPriority) });
  }

  #interrupted(reason: RabbitMQError): void {
    this.#consuming = false;
    this.#log(reason);
    this.#options.onInterrupted?.(reason);
  }

  #log(reason: RabbitMQError): void {
    const level = reason.message === this.#lastLogged ? 'debug' : 'warn';
    this.#lastLogged = reason.message;
    this.#options.logger[level]('Not consuming', {
      queue: this.#options.queue,
      code: reason.code,
      reason: reason.message,
    });
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
};
