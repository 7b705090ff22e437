import { type ExchangeDeclaration, type QueueDeclaration, RabbitMQError, type Topology } from '../../amqp';

/** The declares a durable log needs. */
export type LogTopology = Pick<Topology, 'ensureQueue' | 'ensureExchange' | 'bindQueue'>;

/** An exchange whose messages the log keeps. */
export interface LogBinding {
  readonly exchange: ExchangeDeclaration;
  readonly routingKey: string;
}

/** The queue that stands in where the broker gives no stream. */
export interface LogQueue {
  readonly name: string;
  /** An exclusive queue is declared by its consumer, on each new connection. */
  readonly exclusive?: boolean | undefined;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

/** Which queue the log got. */
export interface OpenedLog {
  readonly kind: 'stream' | 'queue' | 'none';
  readonly queue: string;
  /** A new stream: offsets begin at nought again. */
  readonly created?: boolean | undefined;
  /** What the operator should know, where it is not a stream. */
  readonly detail?: string | undefined;
}

export interface LogQueueOptions {
  readonly topology: LogTopology;
  readonly streamName: string;
  readonly maxAgeSeconds: number;
  /** Size at which the broker drops the oldest segments, in bytes. Default: age alone counts. */
  readonly maxStreamBytes?: number | undefined;
  readonly bindings?: readonly LogBinding[] | undefined;
  readonly fallback?: LogQueue | undefined;
  readonly streams?: boolean | undefined;
}

/**
 * Retention drops whole segments only, and RabbitMQ's default segment is 500 MB: without a smaller one a limit of one
 * hour would keep days of a quiet stream.
 */
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

/** Errors that say "no streams here", as opposed to "not now". */
const NO_STREAM: ReadonlySet<string> = new Set(['PRECONDITION_FAILED', 'ACCESS_REFUSED']);

/** The declaration of a stream with retention by age and, where given, by size; the smaller counts. */
export const streamDeclaration = (
  name: string,
  maxAgeSeconds: number,
  maxBytes?: number,
): QueueDeclaration => ({
  name,
  durable: true,
  arguments: {
    'x-queue-type': 'stream',
    'x-max-age': `${maxAgeSeconds}s`,
    ...(maxBytes === undefined ? {} : { 'x-max-length-bytes': maxBytes }),
    'x-stream-max-segment-size-bytes': MAX_SEGMENT_BYTES,
  },
});

/**
 * Declares the stream and its bindings, or the fallback where the broker is too old for streams or forbids them.
 * @throws RabbitMQError when the broker is away; try again then.
 */
export const openLogQueue = async (options: LogQueueOptions): Promise<OpenedLog> => {
  const { topology, streamName, maxAgeSeconds, maxStreamBytes, fallback, bindings = [] } = options;
  let created = false;
  const refusal = options.streams === false ? 'streams are turned off' : await declareStream();
  if (refusal === undefined) return { kind: 'stream', queue: streamName, created };
  if (fallback === undefined) return { kind: 'none', queue: streamName, detail: `no stream: ${refusal}` };
  for (const binding of bindings) await topology.ensureExchange(binding.exchange);
  if (fallback.exclusive !== true) {
    await topology.ensureQueue({ name: fallback.name, durable: true, arguments: fallback.arguments });
    for (const { exchange, routingKey } of bindings) {
      await topology.bindQueue({ queue: fallback.name, exchange: exchange.name, routingKey });
    }
  }
  return {
    kind: 'queue',
    queue: fallback.name,
    detail: `no stream (${refusal}): reading queue ${fallback.name}, so what was read before a restart is not known after it`,
  };

  async function declareStream(): Promise<string | undefined> {
    try {
      const declared = await topology.ensureQueue(
        streamDeclaration(streamName, maxAgeSeconds, maxStreamBytes),
      );
      created = declared === 'declared';
    } catch (error) {
      if (error instanceof RabbitMQError && NO_STREAM.has(error.code)) return error.message;
      throw error;
    }
    for (const { exchange, routingKey } of bindings) {
      await topology.ensureExchange(exchange);
      await topology.bindQueue({ queue: streamName, exchange: exchange.name, routingKey });
    }
    return undefined;
  }
};
