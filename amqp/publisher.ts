import type { AmqpConnection } from './connection';
import { withDeadline } from './deadline';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError, QueueError, type RabbitMQError } from './errors';
import { ExchangeGate } from './exchange-gate';
import { LanePool } from './lane-pool';
import type { AmqpLogger } from './log';
import { type PublishRequest, publishOptions } from './message-validation';
import { PendingPublish } from './pending-publish';
import { notWritten } from './publish-lane';
import type { SettlingQueues } from './settling-queues';
import { Topology } from './topology';

/** What a publisher is made of. */
export interface PublisherOptions {
  readonly connection: AmqpConnection;
  /** Channels for the default exchange. Default 2: see docs/adr/0011-publisher-lanes.md for what more of them bring. */
  readonly channels?: number | undefined;
  /** Messages not yet answered by the broker. Default 2000. */
  readonly maxInFlight?: number | undefined;
  /** Bytes of their bodies. Default 32 MiB. */
  readonly maxInFlightBytes?: number | undefined;
  /** From `publish` to the broker's confirm, in milliseconds. Default 5000. */
  readonly deadlineMs?: number | undefined;
  /** Queues that do not keep yet what they confirm: publishes to them are refused. */
  readonly settling?: Pick<SettlingQueues, 'refusal'> | undefined;
  readonly logger: AmqpLogger;
}

const DEFAULT_CHANNELS = 2;
const DEFAULT_MAX_IN_FLIGHT = 2000;
const DEFAULT_MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;
const DEFAULT_DEADLINE_MS = 5000;

/** How often deadlines are looked at while messages are in flight: one timer for all of them. */
const SWEEP_MS = 50;

/**
 * Publishes with the broker's confirm. A publish ends accepted (confirmed and routed), rejected (it surely is in no queue) or
 * unknown (written, then the link died or the deadline passed). Nothing is kept beyond the caps, and nothing waits for a
 * connection.
 */
export class ConfirmPublisher {
  readonly #connection: AmqpConnection;
  readonly #logger: AmqpLogger;
  readonly #settling: PublisherOptions['settling'];
  readonly #maxInFlight: number;
  readonly #maxInFlightBytes: number;
  readonly #deadlineMs: number;
  readonly #pool: LanePool;
  readonly #exchanges: ExchangeGate;
  readonly #topology: Topology;
  readonly #onConnected = (): void => this.#pool.connected();
  readonly #onDisconnected = (error: RabbitMQError): void => this.#pool.disconnected(error);
  readonly #onBlocked = (): void => this.#pool.refuseWaiting(blocked());
  #username = '';
  #inFlight = 0;
  #inFlightBytes = 0;
  #running: boolean;
  #sweep: NodeJS.Timeout | undefined;
  #onDrained: (() => void) | undefined;
  #onAnswered: ((waitedMs: number) => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#running = false;
    this.#connection = options.connection;
    this.#logger = options.logger;
    this.#settling = options.settling;
    this.#maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
    this.#maxInFlightBytes = options.maxInFlightBytes ?? DEFAULT_MAX_IN_FLIGHT_BYTES;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#topology = new Topology({ connection: options.connection, logger: options.logger });
    this.#exchanges = new ExchangeGate(this.#topology);
    this.#pool = new LanePool({
      connection: options.connection,
      channels: options.channels ?? DEFAULT_CHANNELS,
      onSettled: (publish) => {
        this.#release(publish);
        this.#onAnswered?.(performance.now() - publish.admittedAt);
      },
      onRefused: (exchange, reason) => this.#refused(exchange, reason),
      onSilent: (exchange) =>
        this.#logger.warn('RabbitMQ answers nothing on a publishing channel: another takes its place', {
          exchange,
        }),
    });
  }

  /** Messages the broker has not answered yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Tells of each publish that was written how long its answer took, in milliseconds. For one listener: the last. */
  observeAnswers(listener: (waitedMs: number) => void): void {
    this.#onAnswered = listener;
  }

  /** Whether a publish would be tried at all now. */
  get ready(): boolean {
    return this.#refusal() === undefined && this.#pool.ready;
  }

  /** Follows its connection from now on; idempotent. */
  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#connection.on('connected', this.#onConnected);
    this.#connection.on('disconnected', this.#onDisconnected);
    this.#connection.on('blocked', this.#onBlocked);
    if (isConnected(this.#connection)) this.#pool.connected();
  }

  /** Refuses new messages, waits for the confirms of the others within the deadline, closes the channels; idempotent. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#deadlineMs);
        this.#onDrained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#connection.off('connected', this.#onConnected);
    this.#connection.off('disconnected', this.#onDisconnected);
    this.#connection.off('blocked', this.#onBlocked);
    await Promise.all([this.#pool.close(), this.#topology.close()]);
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /**
   * Resolves when the broker has confirmed the message and routed it to a queue.
   *
   * @throws ConnectionError `BROKER_UNREACHABLE`, `CONNECTION_BLOCKED`, `ACCESS_REFUSED`: it was not taken
   * @throws QueueError `PUBLISHER_SATURATED`, `QUEUE_SETTLING`, `UNROUTABLE`, `PUBLISH_NACKED`, `EXCHANGE_NOT_FOUND`, `MESSAGE_INVALID`: it was
   *   not taken; `PUBLISH_UNKNOWN`: it may have been taken
   */
  publish(request: PublishRequest): Promise<void> {
    const settling = request.exchange === '' ? this.#settling?.refusal(request.routingKey) : undefined;
    const refusal = this.#refusal() ?? settling;
    if (refusal !== undefined) return Promise.reject(refusal);
    let publish: PendingPublish;
    try {
      publish = this.#admit(request);
    } catch (error) {
      return Promise.reject(error);
    }
    if (request.exchange === '' || this.#exchanges.isOpen(request.exchange)) this.#write(publish);
    else void this.#writeChecked(publish);
    return publish.done;
  }

  #refusal(): RabbitMQError | undefined {
    if (!this.#running) return new ConnectionError('BROKER_UNREACHABLE', 'Publisher is not running');
    if (this.#connection.state === 'blocked') return blocked();
    if (!isConnected(this.#connection))
      return new ConnectionError('BROKER_UNREACHABLE', 'Broker is not connected', {
        retryable: true,
        cause: this.#connection.lastError,
      });
    if (this.#inFlight >= this.#maxInFlight) return saturated('messages');
    return undefined;
  }

  #admit(request: PublishRequest): PendingPublish {
    const options = publishOptions(request, this.#usernameOfConnection(), this.#connection.frameMax);
    const bytes = this.#inFlightBytes + request.content.length;
    if (bytes > this.#maxInFlightBytes && this.#inFlight > 0) throw saturated('bytes');
    const now = performance.now();
    const deadline = now + (request.deadlineMs ?? this.#deadlineMs);
    this.#inFlight += 1;
    this.#inFlightBytes = bytes;
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS);
    return new PendingPublish(request, options, deadline, now);
  }

  #usernameOfConnection(): string {
    if (this.#username === '') this.#username = this.#connection.describe().username;
    return this.#username;
  }

  async #writeChecked(publish: PendingPublish): Promise<void> {
    try {
      const left = Math.max(0, publish.deadline - performance.now());
      await withDeadline(this.#exchanges.check(publish.request.exchange), left, () => {
        throw notWritten();
      });
    } catch (error) {
      this.#refuse(publish, error);
      return;
    }
    const refusal = isConnected(this.#connection) ? undefined : this.#refusal();
    if (refusal === undefined) this.#write(publish);
    else this.#refuse(publish, refusal);
  }

  #write(publish: PendingPublish): void {
    try {
      this.#pool.laneOf(publish.request.exchange).publish(publish);
    } catch (error) {
      this.#refuse(publish, error);
    }
  }

  #refuse(publish: PendingPublish, error: unknown): void {
    publish.reject(toRabbitMQError(error));
    this.#release(publish);
  }

  #release(publish: PendingPublish): void {
    this.#inFlight -= 1;
    this.#inFlightBytes -= publish.request.content.length;
    if (this.#inFlight === 0) this.#onDrained?.();
  }

  #expire(): void {
    this.#pool.expire(performance.now());
    if (this.#inFlight > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #refused(exchange: string, reason: RabbitMQError): void {
    this.#exchanges.forget(exchange);
    this.#logger.warn('RabbitMQ closed a publishing channel', {
      exchange,
      code: reason.code,
      reason: reason.message,
    });
  }
}

const isConnected = (connection: AmqpConnection): boolean => connection.state === 'connected';

const blocked = (): RabbitMQError =>
  new ConnectionError('CONNECTION_BLOCKED', 'RabbitMQ takes no messages now (memory or disk alarm)', {
    retryable: true,
  });

const saturated = (what: string): RabbitMQError =>
  new QueueError('PUBLISHER_SATURATED', `Too many ${what} wait for their confirm`, { retryable: true });
