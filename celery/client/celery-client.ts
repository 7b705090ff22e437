// First, whatever else moves: it sets up amqplib before celery-node loads it.
import '../../amqp';
import { randomUUID } from 'node:crypto';
import Client from 'celery-node/dist/app/client';
import type { CeleryBackend } from 'celery-node/dist/backends';
import type { CeleryBroker } from 'celery-node/dist/kombu/brokers';
import { RabbitMQError, toRabbitMQError } from '../../amqp';
import { TaskError } from '../errors';
import {
  ContentError,
  completeTaskMessage,
  type EncodedTaskMessage,
  encodeTaskMessage,
  HIDDEN_REPR,
  parseIsoTime,
  type TaskEncoding,
  type TaskMessage,
  type TaskOptions,
  validateTask,
} from '../protocol';
import type { CeleryClientOptions, SubmittedTask, TaskSubmission } from './client-options';
import { QueueWatch, type VanishedQueue } from './queue-watch';
import { ResultStoreBackend } from './result-store-backend';
import { type Destination, type Routed, TaskRouter, withDefaults } from './router';
import { errorType, inSpan, sendSpan } from './send-span';
import { TaskPublisher } from './task-publisher';
import { resubmitVanished } from './vanished-tasks';

type BaseMessage = ReturnType<Client['asTaskV2']>;
/** celery-node's message, completed: the same shape with the types it leaves open. */
type CompletedMessage = TaskMessage & Pick<BaseMessage, 'sentEvent'>;

const QUEUE_CHECK_INTERVAL_MS = 3000;
const HIDDEN = { argsrepr: HIDDEN_REPR, kwargsrepr: HIDDEN_REPR } as const;

/**
 * celery-node's `Client` on our publisher and result store. Its message building is used as it is and completed; its
 * brokers and backends are not, because they lose messages.
 *
 * {@link submit} is the main door. `createTask(name).delay()` works too, without a confirm to wait for: where sending fails,
 * the error is logged and becomes the task's FAILURE, as seen through `asyncResult(id)`.
 */
export class CeleryClient extends Client {
  readonly #options: CeleryClientOptions;
  readonly #router: TaskRouter;
  readonly #sender: TaskPublisher;
  readonly #backend: ResultStoreBackend;
  readonly #now: () => number;

  constructor(options: CeleryClientOptions) {
    super('amqp://', 'rpc://', options.defaultQueue);
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#router = new TaskRouter(options);
    this.#backend = new ResultStoreBackend(options.results, options.logger);
    const { createMissingQueues: createMissing, queueCheckIntervalMs: intervalMs = QUEUE_CHECK_INTERVAL_MS } =
      options;
    const monotonic = options.monotonic ?? (() => performance.now());
    const shared = { ...options, createMissing, intervalMs, now: this.#now, monotonic };
    const watch = new QueueWatch({ ...shared, onVanished: (vanished) => this.#onVanished(vanished) });
    this.#sender = new TaskPublisher({ ...shared, watch });
  }

  /**
   * Sends a task. Resolved means: RabbitMQ has confirmed and routed it.
   * @throws TaskError `TASK_INVALID`; QueueError or ConnectionError when it was not accepted, or `PUBLISH_UNKNOWN` with
   * `details.taskId` when nobody knows: submit again with the same `taskId` then.
   */
  async submit(task: TaskSubmission): Promise<SubmittedTask> {
    const { name, args = [], kwargs = {}, trustedHeaders } = task;
    const routed = this.#route(task.routeName ?? name, args, kwargs, task.options ?? {});
    const { destination } = routed;
    const { newId = randomUUID, tracing } = this.#options;
    const taskId = routed.options.taskId ?? newId();
    const span = tracing && sendSpan(tracing, { taskId, name, destination, headers: routed.options.headers });
    const options = span === undefined ? routed.options : inSpan(routed.options, span);
    try {
      const message = this.createTaskMessage(taskId, name, args, kwargs, options) as CompletedMessage;
      const encoded = encode(message, this.#encoding(options));
      const eta = typeof message.headers.eta === 'string' ? parseIsoTime(message.headers.eta) : undefined;
      await this.#sender.publish(taskId, encoded, destination, { eta, trustedHeaders });
      return { taskId, queue: destination.queue ?? destination.routingKey, message };
    } catch (error) {
      span?.fail(errorType(error), error);
      throw error;
    } finally {
      span?.end();
    }
  }

  /**
   * Sends a message as it is, byte for byte: one that was a task's before and is to run again under its own new id.
   * @throws QueueError or ConnectionError as {@link submit}.
   */
  async resend(encoded: EncodedTaskMessage, destination: Destination): Promise<void> {
    const { properties } = encoded;
    const { headers } = properties;
    const { id, task, eta } = headers ?? {};
    const due = typeof eta === 'string' ? parseIsoTime(eta) : undefined;
    const sent = { taskId: String(id), name: String(task), destination, headers };
    const span = this.#options.tracing && sendSpan(this.#options.tracing, sent);
    const message = span === undefined ? encoded : { ...encoded, properties: inSpan(properties, span) };
    try {
      await this.#sender.publish(sent.taskId, message, destination, { eta: due });
    } catch (error) {
      span?.fail(errorType(error), error);
      throw error;
    } finally {
      span?.end();
    }
  }

  /**
   * The base's v2 message with everything Python's `as_task_v2` writes besides.
   * @throws TaskError `TASK_INVALID`.
   */
  override asTaskV2(
    taskId: string,
    taskName: string,
    args: unknown[] = [],
    kwargs: object = {},
    options: TaskOptions = {},
  ): CompletedMessage {
    validateTask({ name: taskName, id: taskId, args, kwargs }, options);
    const base = super.asTaskV2(taskId, taskName, args, kwargs);
    const { replyTo, origin } = this.#options;
    const context = { now: this.#now(), origin, replyTo: typeof replyTo === 'string' ? replyTo : replyTo() };
    const call = { id: taskId, name: taskName, args, kwargs: kwargs as Readonly<Record<string, unknown>> };
    const shown = this.#options.protection?.hides ? { ...options, ...HIDDEN } : options;
    return { ...completeTaskMessage(base, call, shown, context), sentEvent: base.sentEvent };
  }

  /** What `sendTask` (and so `delay`, `applyAsync`) ends in. It cannot be awaited, so failures are kept for the result. */
  override sendTaskMessage(taskName: string, message: BaseMessage): void {
    const completed = message as CompletedMessage;
    const taskId = String(completed.headers.id);
    const encoded = encode(completed, this.#encoding({}));
    const { destination } = this.#route(taskName, [], {}, {});
    this.#sender.publish(taskId, encoded, destination).catch((cause: unknown) => {
      const error = cause instanceof RabbitMQError ? cause : toRabbitMQError(cause);
      this.#options.logger.error('a task could not be sent', { taskId, task: taskName, error });
      // Nobody knows whether an unknown publish arrived: its result may still come.
      if (error.code !== 'PUBLISH_UNKNOWN') this.#backend.noteFailure(taskId, error);
    });
  }

  override get broker(): CeleryBroker {
    return {
      isReady: async () => true,
      disconnect: async () => undefined,
      publish: (body, exchange, routingKey, headers, properties) => {
        const message = { body, headers, properties } as TaskMessage;
        const encoded = encode(message, this.#encoding({}));
        const queue = exchange === '' ? routingKey : null;
        return this.#sender.publish(String(message.headers.id), encoded, { exchange, routingKey, queue });
      },
      subscribe: async () => {
        throw new TypeError('a client consumes no tasks');
      },
    };
  }

  override get backend(): CeleryBackend {
    return this.#backend;
  }

  #route(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    given: TaskOptions,
  ): Routed {
    const declared = this.#options.declaredOptions?.(name);
    const options = declared === undefined ? given : withDefaults(declared, given);
    return this.#router.route({ name, args, kwargs, options });
  }

  #encoding(options: TaskOptions): TaskEncoding {
    const { serializer, compression, compressionMinBytes, protection } = this.#options;
    return {
      serializer: options.serializer ?? serializer,
      protection,
      ...(options.compression === undefined
        ? { compression, compressionMinBytes }
        : { compression: options.compression }),
    };
  }

  #onVanished(vanished: VanishedQueue): void {
    const { records, resubmitVanished: resubmit = false } = this.#options;
    if (!resubmit || records === undefined) return;
    resubmitVanished(vanished, { ...this.#options, records }).catch((error: unknown) => {
      this.#options.logger.error('tasks lost with their queue were not submitted again', {
        ...vanished,
        error,
      });
    });
  }
}

/** @throws TaskError `TASK_INVALID` for arguments the serializer cannot write, or a compression this Node lacks. */
const encode = (message: TaskMessage, encoding: TaskEncoding): EncodedTaskMessage => {
  try {
    return encodeTaskMessage(message, encoding);
  } catch (cause) {
    if (!(cause instanceof ContentError)) throw cause;
    const errors = [{ pointer: '/args', detail: cause.message }];
    throw new TaskError('TASK_INVALID', `the task cannot be written: ${cause.message}`, {
      details: { errors },
      cause,
    });
  }
};
