import { randomUUID } from 'node:crypto';
import type { Channel } from '../../amqp';
import {
  type AmqpConnection,
  AmqpConsumer,
  type AmqpLogger,
  type ConfirmPublisher,
  type Delivery,
} from '../../amqp';
import {
  buildControlRequest,
  CELERY_EXCHANGES,
  type ContentProtection,
  controlReplyQueue,
  controlRequestHeaders,
  type LamportClock,
  readControlReply,
  serializeControl,
} from '../protocol';
import type { BroadcastOptions, ControlReplies, RevokeOptions } from './control-replies';
import { declareExchange, declareTransient } from './declare-transient';
import { ReplyCollector } from './reply-collector';

export interface ControlClientOptions {
  readonly connections: { readonly consume: AmqpConnection };
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly clock: LamportClock;
  /** Nodes believed alive: those of them that do not answer are named, and a broadcast ends early once all have. */
  readonly knownNodes?: (() => readonly string[]) | undefined;
  /** Default deadline for replies, in milliseconds. Default 1000. */
  readonly timeoutMs?: number | undefined;
  /** What signs requests, and reads signed replies, where the fleet signs. */
  readonly protection?: ContentProtection | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
  readonly newId?: (() => string) | undefined;
}

const DEFAULT_TIMEOUT_MS = 1000;
type Args = Readonly<Record<string, unknown>>;

/**
 * The asking side of remote control: one request on a fanout, one reply per worker on a queue of ours. Mirrors
 * kombu/pidbox.py `Mailbox._broadcast`, celery/app/control.py `Inspect` and `Control`.
 */
export class ControlClient {
  readonly #options: ControlClientOptions;
  readonly #oid: string;
  readonly #newId: () => string;
  readonly #now: () => number;
  readonly #collectors = new Map<string, ReplyCollector>();
  readonly #consumer: AmqpConsumer;
  #listening: Promise<void> | undefined;

  constructor(options: ControlClientOptions) {
    this.#options = options;
    this.#newId = options.newId ?? randomUUID;
    this.#now = options.now ?? Date.now;
    this.#oid = this.#newId();
    this.#consumer = new AmqpConsumer({
      connection: options.connections.consume,
      queue: controlReplyQueue(this.#oid).queue.name,
      prefetch: 0,
      noAck: true,
      // Both exchanges are transient: after a broker restart somebody has to declare them again.
      prepare: (channel) => this.#declare(channel),
      onDelivery: (delivery) => this.#onReply(delivery),
      logger: options.logger,
    });
  }

  /** Whether replies can be received now. */
  get ready(): boolean {
    return this.#consumer.consuming;
  }

  /** Listening begins in the background: the broker may be away. */
  async start(): Promise<void> {
    if (this.#listening !== undefined) return;
    this.#listening = this.#consumer.start();
    this.#listening.catch((error: unknown) =>
      this.#options.logger.debug('control replies: not consuming', { error }),
    );
  }

  async stop(): Promise<void> {
    for (const collector of this.#collectors.values()) collector.finish();
    await this.#consumer.stop();
    this.#listening = undefined;
  }

  /**
   * Sends a command to all workers, or those of `destination`, and collects what they answer.
   * @throws ConnectionError while the broker cannot be reached. Silence is no error: see {@link ControlReplies.missing}.
   */
  async broadcast(method: string, args: Args = {}, options: BroadcastOptions = {}): Promise<ControlReplies> {
    const {
      destination = [],
      reply = true,
      timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    } = options;
    if (!reply) {
      await this.#send(method, args, destination, timeoutMs);
      return { replies: {}, missing: [] };
    }
    if (!this.ready) await this.#untilListening(timeoutMs);
    const ticket = this.#newId();
    const addressed = destination.length > 0;
    const expected = addressed ? destination : (this.#options.knownNodes?.() ?? []);
    const collector = new ReplyCollector({ expected, open: !addressed, timeoutMs });
    this.#collectors.set(ticket, collector);
    try {
      await this.#send(method, args, destination, timeoutMs, ticket);
      return await collector.done;
    } finally {
      collector.finish();
      this.#collectors.delete(ticket);
    }
  }

  /** Who is there. */
  ping(options?: BroadcastOptions): Promise<ControlReplies> {
    return this.broadcast('ping', {}, options);
  }

  /** Tasks running now, by node. */
  active(options?: BroadcastOptions): Promise<ControlReplies> {
    return this.broadcast('active', {}, options);
  }

  /** Tells workers to drop tasks, and with `terminate` to end them where they run. */
  revoke(taskId: string | readonly string[], options: RevokeOptions = {}): Promise<ControlReplies> {
    const { terminate = false, signal = 'SIGTERM' } = options;
    return this.broadcast('revoke', { task_id: taskId, terminate, signal }, options);
  }

  /** Has workers send task events. */
  enableEvents(options?: BroadcastOptions): Promise<ControlReplies> {
    return this.broadcast('enable_events', {}, options);
  }

  /** A reply queue that is not there yet would miss the answers. */
  async #untilListening(timeoutMs: number): Promise<void> {
    await this.#options.connections.consume.ready(timeoutMs);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#listening, late]);
    clearTimeout(timer);
  }

  async #send(
    method: string,
    args: Args,
    destination: readonly string[],
    timeoutMs: number,
    ticket?: string,
  ): Promise<void> {
    const replyTo = { exchange: CELERY_EXCHANGES.controlReplies.name, routing_key: this.#oid };
    const request = buildControlRequest({
      method,
      arguments: args,
      destination: destination.length > 0 ? destination : undefined,
      reply: ticket === undefined ? undefined : { ticket, replyTo },
    });
    const { content, contentType, contentEncoding } = serializeControl(request, this.#options.protection);
    await this.#options.publisher.publish({
      exchange: CELERY_EXCHANGES.control.name,
      routingKey: '',
      content,
      properties: {
        contentType,
        contentEncoding,
        deliveryMode: 1,
        priority: 0,
        headers: controlRequestHeaders(this.#options.clock.forward(), (this.#now() + timeoutMs) / 1000),
      },
      // A fanout without a worker routes nowhere, and that is an answer, not an error.
      mandatory: false,
    });
  }

  async #declare(channel: Channel): Promise<void> {
    await declareExchange(channel, CELERY_EXCHANGES.control);
    await declareTransient(channel, controlReplyQueue(this.#oid));
  }

  #onReply({ content, properties, headers }: Delivery): void {
    if (typeof headers.clock === 'number') this.#options.clock.adjust(headers.clock);
    const collector = typeof headers.ticket === 'string' ? this.#collectors.get(headers.ticket) : undefined;
    if (collector === undefined) return;
    for (const reply of readControlReply(content, properties.contentType, this.#options.protection))
      collector.add(reply);
  }
}
