import {
  type AmqpConnection,
  AmqpConsumer,
  type AmqpLogger,
  type ConfirmPublisher,
  type Delivery,
} from '../../amqp';
import {
  buildControlReply,
  CELERY_EXCHANGES,
  type ContentProtection,
  type ControlRequest,
  exceptionRepr,
  isAddressedTo,
  type LamportClock,
  mailboxQueue,
  pythonRepr,
  readControlRequest,
  serializeControl,
} from '../protocol';
import { declareExchange, declareTransient } from './declare-transient';

/** Returned by a command that answers nothing (`shutdown`). */
export const NO_REPLY: unique symbol = Symbol('no reply');

export interface ControlCommandContext {
  /** The worker that was asked. */
  readonly nodename: string;
}

/** A remote control command: gets the `arguments` of the request, returns the reply value, throws what goes wrong. */
export type ControlCommand = (
  args: Readonly<Record<string, unknown>>,
  context: ControlCommandContext,
) => unknown | Promise<unknown>;

export interface MailboxOptions {
  readonly connection: AmqpConnection;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  /** Unique in the vhost: a second worker of the same name cannot have the (exclusive) queue. */
  readonly nodename: string;
  readonly commands: ReadonlyMap<string, ControlCommand>;
  /** Says nothing to commands that are not in the table: for a node that is no worker and must not be listed as one. */
  readonly silentOnUnknown?: boolean | undefined;
  readonly clock: LamportClock;
  /** What signs replies, and without whose signature a request is dropped, where the fleet signs. */
  readonly protection?: ContentProtection | undefined;
  readonly logger: AmqpLogger;
}

/**
 * The answering side of remote control. Mirrors kombu/pidbox.py `Node` (`handle_message`, `dispatch`, `reply`) and
 * celery/worker/pidbox.py `Pidbox`. Answers must come fast, also under load: a silent worker looks dead.
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #consumer: AmqpConsumer;
  #started: boolean = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
    const topology = mailboxQueue(options.nodename);
    this.#consumer = new AmqpConsumer({
      connection: options.connection,
      queue: topology.queue.name,
      prefetch: 0,
      noAck: true,
      prepare: async (channel) => {
        // Replies go there; it may be gone after a broker restart, and publishing to nowhere closes a channel.
        await declareExchange(channel, CELERY_EXCHANGES.controlReplies);
        await declareTransient(channel, topology);
      },
      onDelivery: (delivery) => this.#onRequest(delivery),
      logger: options.logger,
    });
  }

  /** Whether requests reach this worker now. */
  get listening(): boolean {
    return this.#consumer.consuming;
  }

  /** Listening begins in the background and again after each reconnect. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#consumer
      .start()
      .catch((error: unknown) => this.#options.logger.debug('mailbox: not consuming', { error }));
  }

  async stop(): Promise<void> {
    this.#started = false;
    await this.#consumer.stop();
  }

  #onRequest({ content, properties, headers }: Delivery): void {
    const { clock, nodename, protection, logger } = this.#options;
    if (typeof headers.clock === 'number') clock.adjust(headers.clock);
    const request = readControlRequest(content, properties.contentType, protection);
    if (request === null) {
      logger.warn('an unreadable control request was dropped', { nodename });
      return;
    }
    if (!isAddressedTo(request, nodename)) return;
    this.#answer(request).catch((error: unknown) => {
      logger.warn('a control reply could not be sent', { nodename, method: request.method, error });
    });
  }

  async #answer(request: ControlRequest): Promise<void> {
    const value = await this.#dispatch(request);
    if (value === NO_REPLY || request.reply_to === undefined) return;
    const { clock, nodename, publisher, protection } = this.#options;
    const { content, contentType, contentEncoding } = serializeControl(
      buildControlReply(nodename, value),
      protection,
    );
    await publisher.publish({
      exchange: request.reply_to.exchange,
      routingKey: request.reply_to.routing_key,
      content,
      properties: {
        contentType,
        contentEncoding,
        deliveryMode: 1,
        priority: 0,
        headers: { ticket: request.ticket ?? null, clock: clock.forward() },
      },
      // The asker stops listening at its deadline.
      mandatory: false,
    });
  }

  async #dispatch({ method, arguments: args }: ControlRequest): Promise<unknown> {
    const { commands, nodename, logger, silentOnUnknown } = this.#options;
    const command = commands.get(method);
    if (command === undefined && silentOnUnknown === true) return NO_REPLY;
    if (command === undefined) return { error: `KeyError(${pythonRepr(method)})` };
    try {
      return await command(args, { nodename });
    } catch (error) {
      logger.warn('a control command failed', { nodename, method, error });
      return { error: exceptionRepr(error) };
    }
  }
}
