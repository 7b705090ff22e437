import type { ExchangeDeclaration, MessageProperties } from '../../amqp';
import type { ArgumentSchema, PlainMessageOptions, TaskCall, TaskLogger } from '../registry';
import type { HeaderTable } from '../wire';

/** What a subscriber consumes, and what becomes of messages its handler cannot take. */
export interface SubscriberSettings {
  /** Bound to the queue. Default: none, the queue takes what is sent to it by name. */
  readonly exchange?: string;
  /** How the exchange is declared if it is missing; one that is there is used as it is. Default `topic`. */
  readonly exchangeType?: 'direct' | 'fanout' | 'headers' | 'topic';
  /** One key or several. Default `#`, which a topic exchange takes for all. */
  readonly routingKey?: string | readonly string[];
  /** Of the binding, for a `headers` exchange. */
  readonly bindingArguments?: Readonly<Record<string, unknown>>;
  /** Shared by all workers that have this subscriber. */
  readonly queue: string;
  /** How the queue is declared if it is missing, e.g. `{'x-max-priority': 10}`; one that is there is used as it is. */
  readonly queueArguments?: Readonly<Record<string, unknown>>;
  /** Handlers that run at a time; default 1, which keeps the order of the queue. */
  readonly concurrency?: number;
  /** Messages delivered and not yet answered; default: twice the concurrency. Never less than the concurrency. */
  readonly prefetch?: number;
  /** Waits before each retry of a handler that threw, in seconds: as many retries as there are waits. Default `[1, 10, 60]`. */
  readonly retryDelaysSeconds?: readonly number[];
  /** Where messages go that no retry helps. Default: the exchange `dead-letters`, and from it the queue `<queue>.dead`. */
  readonly deadLetters?: { readonly exchange: string; readonly routingKey?: string };
}

/** The same with a schema that types the payload; a message it refuses is a dead letter at once. */
export interface CheckedSubscriberSettings<Payload> extends SubscriberSettings {
  readonly schema: ArgumentSchema<Payload>;
}

/** A message as a handler sees it beside its payload. */
export interface SubscribedMessage {
  /** Where it was first sent to, also on a retry. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly queue: string;
  readonly headers: HeaderTable;
  readonly properties: MessageProperties;
  /** The bytes as they came. */
  readonly content: Buffer;
  /** The broker delivered it before and heard no answer: the handler may have run already. */
  readonly redelivered: boolean;
  /** 1 on the first run, 2 on the first retry, and so on. */
  readonly attempt: number;
}

/** What a subscriber's handler knows and can do while it runs. */
export interface SubscriberContext {
  readonly message: SubscribedMessage;
  /** Nodename of this worker. */
  readonly hostname: string;
  /** Aborts when the worker is stopped cold, or the connection the message came on is lost. */
  readonly signal: AbortSignal;
  readonly logger: TaskLogger;
  /** Publishes JSON to any exchange; resolves once RabbitMQ confirmed it. Throws RabbitMQError. */
  publish(
    exchange: string,
    routingKey: string,
    message: unknown,
    options?: PlainMessageOptions,
  ): Promise<void>;
  /** Sends a task; resolves once RabbitMQ confirmed it. Throws TaskError, RabbitMQError. */
  sendTask(call: TaskCall): Promise<{ readonly taskId: string }>;
}

/**
 * The code of a subscriber. The message is acknowledged once it ends; what it answers is not looked at. A thrown `Reject` skips
 * the retries: to the dead letters, or with `requeue` back to the queue. Any other error leads to a retry.
 */
export type SubscriberHandler<Payload> = (context: SubscriberContext, payload: Payload) => unknown;

/** A subscriber as a worker takes it. */
export interface SubscriberDefinition {
  readonly queue: string;
  /** Undefined where nothing is bound. */
  readonly exchange: ExchangeDeclaration | undefined;
  readonly routingKeys: readonly string[];
  readonly bindingArguments: Readonly<Record<string, unknown>> | undefined;
  readonly queueArguments: Readonly<Record<string, unknown>>;
  readonly concurrency: number;
  readonly prefetch: number;
  /** One for each retry. */
  readonly retryDelaysMs: readonly number[];
  readonly deadLetters: {
    readonly exchange: string;
    readonly routingKey: string;
    readonly queue: string | undefined;
  };
  /** Checks a decoded payload and runs the handler. Throws Reject for one that the schema refuses. */
  handle(context: SubscriberContext, payload: unknown): unknown;
}
