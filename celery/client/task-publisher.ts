import {
  type AmqpLogger,
  type ConfirmPublisher,
  type HeaderTable,
  type PublishRequest,
  QueueError,
  RabbitMQError,
} from '../../amqp';
import type { EncodedTaskMessage } from '../protocol';
import {
  noteSentAt,
  type SubmissionRecords,
  submissionEntry,
  withDestination,
  withNestedHeaders,
} from '../records';
import { BoundedIndex } from '../streams';
import { type DelayedDelivery, lacksTopology } from './delayed-delivery';
import { PublishDeadline } from './publish-deadline';
import type { QueueWatch } from './queue-watch';
import type { Destination } from './router';

export interface TaskPublisherOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly watch: QueueWatch;
  readonly records?: Pick<SubmissionRecords, 'keys' | 'bindTo' | 'noteSubmitted' | 'streamName'> | undefined;
  /** Where tasks with an ETA wait in the broker; without it they go to their queue at once and wait in a worker. */
  readonly delayed?: Pick<DelayedDelivery, 'towards' | 'forget'> | undefined;
  readonly createMissing: boolean;
  /** How long a route through an exchange counts as tried. */
  readonly intervalMs: number;
  /** From {@link TaskPublisher.publish} to its end, all steps together. Default: each step has its own limit. */
  readonly deadlineMs?: number | undefined;
  readonly logger: AmqpLogger;
  readonly now: () => number;
  /** Milliseconds that never jump, for ages. */
  readonly monotonic: () => number;
}

/** What a publish may say besides message and destination. */
export interface PublishExtras {
  /** The task's ETA in epoch milliseconds. */
  readonly eta?: number | undefined;
  /** The message was one before (a retry): its `x-*` headers are let through. */
  readonly trustedHeaders?: boolean | undefined;
}

const MAX_ROUTES = 10_000;
const NO_EXTRAS: PublishExtras = {};

/** Publishes an encoded task message together with its submission record, once its destination is known to exist. */
export class TaskPublisher {
  readonly #options: TaskPublisherOptions;
  /** `exchange NUL routing key` → monotonic milliseconds when the broker last proved it routes. */
  readonly #tried = new BoundedIndex<string, number>(MAX_ROUTES);

  constructor(options: TaskPublisherOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the broker has confirmed and routed the message.
   * @throws RabbitMQError; `PUBLISH_UNKNOWN` carries `details.taskId`.
   */
  async publish(
    taskId: string,
    encoded: EncodedTaskMessage,
    destination: Destination,
    { eta = 0, trustedHeaders }: PublishExtras = NO_EXTRAS,
  ): Promise<void> {
    const now = this.#options.now();
    const properties = {
      ...encoded.properties,
      headers: this.#recordable(encoded.properties.headers),
      timestamp: Math.floor(now / 1000),
    };
    if (this.#options.records !== undefined) noteSentAt(properties.headers ?? {}, now);
    const deadline = new PublishDeadline(this.#options.deadlineMs);
    const message: OutgoingTask = { content: encoded.content, properties, trustedHeaders, deadline };
    try {
      if (eta - now < 1000 || !(await this.#delayed(message, destination, eta))) {
        if (destination.queue === null) await this.#throughExchange(message, destination);
        else await this.#toQueue(taskId, message, destination, destination.queue);
      }
    } catch (error) {
      throw withTaskId(error, taskId);
    }
    const entry = submissionEntry({
      ...destination,
      headers: message.properties.headers ?? {},
      properties: message.properties,
    });
    if (entry) this.#options.records?.noteSubmitted({ ...entry, submittedAt: now });
  }

  #recordable(headers: HeaderTable | undefined): HeaderTable | undefined {
    const recorded = headers !== undefined && this.#options.records?.keys() !== undefined;
    return recorded ? withNestedHeaders(headers) : headers;
  }

  /**
   * Leaves the task with the broker until its ETA. Where that cannot be, it goes to its queue at once: the worker waits then.
   * @returns false when it was not published.
   */
  async #delayed(message: OutgoingTask, to: Destination, eta: number): Promise<boolean> {
    const { delayed, watch, logger } = this.#options;
    if (delayed === undefined) return false;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        if (to.queue !== null) await message.deadline.within(watch.ensure(to.queue) ?? DONE);
        const entrance = await message.deadline.within(delayed.towards(to, eta));
        if (entrance === undefined) return false;
        await this.#throughExchange(message, entrance);
        return true;
      } catch (error) {
        if (!lacksTopology(error) && !isRefused(error)) throw error;
        delayed.forget();
        logger.warn('delayed delivery is not there', { ...to, error });
      }
    }
    return false;
  }

  async #toQueue(taskId: string, message: OutgoingTask, to: Destination, queue: string): Promise<void> {
    const { watch, publisher, records, createMissing } = this.#options;
    const present = watch.ensure(queue);
    if (present !== undefined) await message.deadline.within(present);
    watch.note(queue, taskId);
    const request = { exchange: '', routingKey: to.routingKey, bcc: records?.keys() };
    try {
      await publisher.publish(sent(message, request));
    } catch (error) {
      if (!isUnroutable(error)) throw error;
      // Without a record the broker itself tells that the queue went away. Declared anew, the message has a home again.
      watch.invalidate(queue);
      if (!createMissing) throw error;
      await message.deadline.within(watch.ensure(queue) ?? DONE);
      await publisher.publish(sent(message, request));
    }
  }

  /**
   * An exchange's bindings cannot be asked for. So the first task of each interval goes without the BCC copy, which leaves
   * `mandatory` its meaning, and its record follows by a publish of its own; the others carry theirs along.
   */
  async #throughExchange(message: OutgoingTask, to: Destination): Promise<void> {
    const { publisher, records, intervalMs, monotonic } = this.#options;
    const { exchange, routingKey } = to;
    const keys = records?.keys();
    const route = `${exchange}\0${routingKey}`;
    if (
      keys === undefined ||
      monotonic() - (this.#tried.get(route) ?? Number.NEGATIVE_INFINITY) < intervalMs
    ) {
      return publisher.publish(sent(message, { exchange, routingKey, bcc: keys }));
    }
    await publisher.publish(sent(message, { exchange, routingKey }));
    await this.#recordApart(message, to);
    this.#tried.set(route, monotonic());
  }

  async #recordApart(message: OutgoingTask, to: Destination): Promise<void> {
    const { publisher, records, logger } = this.#options;
    if (records === undefined) return;
    try {
      const headers = withDestination(message.properties.headers, to);
      const record = { ...message, properties: { ...message.properties, headers } };
      await publisher.publish(sent(record, { exchange: '', routingKey: records.streamName }));
      await message.deadline.within(records.bindTo(to.exchange));
    } catch (error) {
      logger.warn('a task was submitted without its record', { exchange: to.exchange, error });
    }
  }
}

/** A task on its way out. */
interface OutgoingTask extends EncodedTaskMessage {
  readonly trustedHeaders: boolean | undefined;
  readonly deadline: PublishDeadline;
}

const DONE = Promise.resolve();

/** With what is left of its time for the confirm. */
const sent = (
  { content, properties, trustedHeaders, deadline }: OutgoingTask,
  to: Pick<PublishRequest, 'exchange' | 'routingKey' | 'bcc'>,
): PublishRequest => ({ ...to, content, properties, trustedHeaders, deadlineMs: deadline.leftMs });

/** No permission to declare, or another application's idea of these names. */
const isRefused = (error: unknown): boolean =>
  error instanceof RabbitMQError && (error.code === 'ACCESS_REFUSED' || error.code === 'PRECONDITION_FAILED');

const isUnroutable = (error: unknown): boolean => error instanceof QueueError && error.code === 'UNROUTABLE';

/** The caller repeats an unknown publish under the same id, so it must learn the id. */
const withTaskId = (error: unknown, taskId: string): unknown => {
  if (!(error instanceof QueueError) || error.code !== 'PUBLISH_UNKNOWN') return error;
  const { message, retryable, details } = error;
  return new QueueError('PUBLISH_UNKNOWN', message, {
    retryable,
    details: { ...details, taskId },
    cause: error,
  });
};
