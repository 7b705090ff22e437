import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import type { Channel, ChannelModel, ConfirmChannel, RecoveringChannelModel } from 'amqplib';
import { connect } from './amqplib';
import { Backoff } from './backoff';
import { BrokerRotation, connectTarget } from './broker-rotation';
import {
  type AmqpConnectionEvents,
  type AmqpConnectionOptions,
  type BrokerDescription,
  type ConnectionState,
  DEFAULT_HEARTBEAT_SECONDS,
  socketOptions,
} from './connection-options';
import { withDeadline } from './deadline';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError, type RabbitMQError } from './errors';
import { coalesceWrites } from './write-coalescing';

const DEFAULT_BACKOFF_INITIAL_MS = 200;
const DEFAULT_BACKOFF_MAX_MS = 10_000;

/** A link that lived so long was good: waits begin anew. A broker that resets each link at once is not hammered. */
const STABLE_AFTER_MS = 5000;

/** How long a closing handshake may take before the socket is cut. */
const CLOSE_DEADLINE_MS = 2000;

/** What amqplib's connection has and its types do not tell. */
interface OpenConnection {
  readonly stream: Socket;
  /** Most bytes of a frame, as negotiated. */
  readonly frameMax: number;
  readonly serverProperties: { readonly version?: string | undefined };
}

const internals = (model: ChannelModel): OpenConnection => model.connection as unknown as OpenConnection;

/**
 * One AMQP connection that comes back by itself, over amqplib's own recovery. Channels are not brought back: whoever opened
 * one opens it again on `connected`.
 */
export class AmqpConnection extends EventEmitter<AmqpConnectionEvents> {
  readonly #options: AmqpConnectionOptions;
  readonly #rotation: BrokerRotation;
  readonly #backoff: Backoff;
  #recovery: RecoveringChannelModel | undefined;
  #model: ChannelModel | undefined;
  #state: ConnectionState = 'idle';
  #lastError: RabbitMQError | undefined;
  #lastLogged = '';
  #generation = 0;
  #connectedAt = 0;

  /** @throws ConnectionError when a URL is not usable or TLS verification is switched off */
  constructor(options: AmqpConnectionOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    const random = options.random ?? Math.random;
    this.#rotation = new BrokerRotation(options.urls, random);
    this.#backoff = new Backoff(
      {
        initialMs: options.backoffInitialMs ?? DEFAULT_BACKOFF_INITIAL_MS,
        maxMs: options.backoffMaxMs ?? DEFAULT_BACKOFF_MAX_MS,
        random,
      },
      this.#rotation.size,
    );
    socketOptions(options);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why the last attempt or link failed; undefined again once connected. */
  get lastError(): RabbitMQError | undefined {
    return this.#lastError;
  }

  /** One more for each established connection. */
  get generation(): number {
    return this.#generation;
  }

  /** Most bytes of a frame, as negotiated with the broker; no limit while there is none. */
  get frameMax(): number {
    return this.#model === undefined ? Number.POSITIVE_INFINITY : internals(this.#model).frameMax;
  }

  /** Returns at once: connecting goes on in the background, for ever, until `stop`. */
  async start(): Promise<void> {
    if (this.#state !== 'idle') return;
    this.#state = 'connecting';
    const target = connectTarget(this.#rotation, this.#options.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS);
    const recovery = await connect(target, {
      ...socketOptions(this.#options),
      recovery: { waitForConnect: false, calculateDelay: () => this.#backoff.next() },
    });
    this.#recovery = recovery;
    recovery.on('connect', (model: ChannelModel) => this.#onConnect(model));
    recovery.on('disconnect', (error: Error) => this.#onDisconnect(error));
    recovery.on('connect-failed', (error: Error) => this.#onConnectFailed(error));
    recovery.on('blocked', (reason: string) => this.#onBlocked(reason));
    recovery.on('unblocked', () => this.#onUnblocked());
    // The same failure comes again with `disconnect`; without a listener it would end the process.
    recovery.on('error', (error: Error) => this.#options.logger.debug(toRabbitMQError(error).message));
    recovery.on('handler-error', (error: Error) => this.#logHandlerError(error));
  }

  /**
   * Resolves when connected.
   *
   * @throws ConnectionError `BROKER_UNREACHABLE`, retryable, after `timeoutMs`; not retryable when stopped
   */
  async ready(timeoutMs?: number): Promise<void> {
    const abort = new AbortController();
    const waiting = this.#untilConnected(abort.signal);
    try {
      if (timeoutMs === undefined) await waiting;
      else
        await withDeadline(waiting, timeoutMs, () => {
          throw this.#unreachable();
        });
    } finally {
      abort.abort();
    }
  }

  async #untilConnected(signal: AbortSignal): Promise<void> {
    while (this.#model === undefined) {
      if (this.#state === 'stopped') throw new ConnectionError('BROKER_UNREACHABLE', 'Connection is stopped');
      await Promise.race([once(this, 'connected', { signal }), once(this, 'disconnected', { signal })]);
    }
  }

  /** Closes for good, within a deadline; idempotent. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    const model = this.#model;
    this.#model = undefined;
    this.emit('disconnected', new ConnectionError('CONNECTION_LOST', 'Connection is stopped'));
    const closing = this.#recovery?.close() ?? Promise.resolve();
    await withDeadline(closing, CLOSE_DEADLINE_MS, () => {
      if (model !== undefined) internals(model).stream.destroy();
    }).catch(() => undefined);
  }

  /** @throws ConnectionError at once when not connected */
  async openChannel(): Promise<Channel> {
    return this.#watched(await this.#open((model) => model.createChannel()));
  }

  /**
   * @param highWaterMark frames the channel buffers before `publish` returns false
   * @throws ConnectionError at once when not connected
   */
  async openConfirmChannel(highWaterMark?: number): Promise<ConfirmChannel> {
    const options = highWaterMark === undefined ? undefined : { highWaterMark };
    return this.#watched(await this.#open((model) => model.createConfirmChannel(options)));
  }

  /** Where this connection goes, for people's eyes. */
  describe(): BrokerDescription {
    const { host, port, vhost, tls, username } = this.#rotation.current;
    const serverVersion = this.#model && internals(this.#model).serverProperties.version;
    return { host, port, vhost, tls: tls === true, username, serverVersion };
  }

  async #open<T extends Channel>(open: (model: ChannelModel) => Promise<T>): Promise<T> {
    if (this.#model === undefined) throw this.#unreachable();
    try {
      return await open(this.#model);
    } catch (error) {
      throw toRabbitMQError(error);
    }
  }

  /** An `error` without a listener ends the process, and a throw in a handler ends the connection. */
  #watched<T extends Channel>(channel: T): T {
    channel.on('error', (error: Error) => this.#options.logger.debug(toRabbitMQError(error).message));
    channel.on('handler-error', (error: Error) => this.#logHandlerError(error));
    return channel;
  }

  #unreachable(): ConnectionError {
    const why = this.#lastError === undefined ? '' : `: ${this.#lastError.message}`;
    return new ConnectionError('BROKER_UNREACHABLE', `Broker is not connected${why}`, {
      retryable: this.#state !== 'stopped',
      cause: this.#lastError,
    });
  }

  #onConnect(model: ChannelModel): void {
    coalesceWrites(internals(model).stream);
    this.#model = model;
    this.#state = 'connected';
    this.#lastError = undefined;
    this.#lastLogged = '';
    this.#generation += 1;
    this.#connectedAt = performance.now();
    this.#options.logger.info('Connected to RabbitMQ', {
      connection: this.#options.name,
      ...this.describe(),
    });
    this.emit('connected');
  }

  #onDisconnect(cause: Error): void {
    if (performance.now() - this.#connectedAt >= STABLE_AFTER_MS) this.#backoff.reset();
    this.#model = undefined;
    this.#failed(cause, 'Connection to RabbitMQ lost');
    if (this.#lastError !== undefined) this.emit('disconnected', this.#lastError);
  }

  #onConnectFailed(cause: Error): void {
    this.#failed(cause, 'Cannot connect to RabbitMQ');
    if (this.#lastError !== undefined) this.emit('connect-failed', this.#lastError);
  }

  #failed(cause: Error, message: string): void {
    if (this.#state !== 'stopped') this.#state = 'connecting';
    const error = toRabbitMQError(cause);
    this.#lastError = error;
    const { host, port } = this.#rotation.current;
    this.#rotation.advance();
    const text = `${message}: ${error.message}`;
    const level = text === this.#lastLogged ? 'debug' : 'warn';
    this.#lastLogged = text;
    this.#options.logger[level](text, { connection: this.#options.name, host, port, code: error.code });
  }

  #onBlocked(reason: string): void {
    this.#state = 'blocked';
    this.#options.logger.warn('RabbitMQ takes no publishes', { connection: this.#options.name, reason });
    this.emit('blocked', reason);
  }

  #onUnblocked(): void {
    this.#state = 'connected';
    this.#options.logger.info('RabbitMQ takes publishes again', { connection: this.#options.name });
    this.emit('unblocked');
  }

  #logHandlerError(error: Error): void {
    this.#options.logger.error('A handler of AMQP events threw', { error: toRabbitMQError(error).message });
  }
}
