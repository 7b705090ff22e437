import { setTimeout as delay } from 'node:timers/promises';
import { RabbitMQError } from '../../amqp';
import type { TaskRequest } from '../../celery/protocol';
import type {
  PlainMessageOptions,
  RetryOptions,
  TaskCall,
  TaskContext,
  TaskDefinition,
  TaskLogger,
} from '../registry';
import { decideRetry } from './decide-retry';
import { patiently } from './patient-publish';
import { customStateMeta, type DescribedRun } from './result-meta';
import type { TaskServices } from './task-services';
import { type TraceContext, traceContext, withTrace } from './trace-context';

/** What a context needs of a run: a thread has less of it than the process that received the task. */
export interface RunningTask extends DescribedRun {
  readonly request: TaskRequest;
  readonly definition: TaskDefinition;
  readonly signal: AbortSignal;
  readonly ignoresResult: boolean;
  readonly children: string[];
}

/** What a context uses of the outside; in a thread the calls go to the main thread. */
export interface ContextServices
  extends Pick<TaskServices, 'nodename' | 'sender' | 'publisher' | 'exchanges' | 'storesResults' | 'clock'> {
  /** Stores a state that does not end the task. */
  readonly results: TaskServices['results'];
  readonly logger: { child(fields: object): TaskLogger };
}

/** The context of one run. What costs something (signal, logger) is made when the handler asks for it. */
export class RunContext implements TaskContext {
  private ownLogger: TaskLogger | undefined;

  constructor(
    private readonly run: RunningTask,
    private readonly services: ContextServices,
  ) {}

  get request(): TaskRequest {
    return this.run.request;
  }

  get taskId(): string {
    return this.run.request.id;
  }

  get hostname(): string {
    return this.services.nodename;
  }

  get trace(): TraceContext | undefined {
    return traceContext(this.run.request);
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  get logger(): TaskLogger {
    this.ownLogger ??= this.services.logger.child({ taskId: this.taskId, task: this.run.request.task });
    return this.ownLogger;
  }

  async retry(options: RetryOptions = {}): Promise<never> {
    throw decideRetry(this.run.request, this.run.definition.settings, options, this.services.clock.now());
  }

  async updateState(state: string, meta: unknown = null): Promise<void> {
    if (!this.services.storesResults || this.run.ignoresResult) return;
    await this.services.results.storeResult(this.run.request, customStateMeta(this.run, state, meta));
  }

  async sleep(milliseconds: number): Promise<void> {
    const { signal } = this.run;
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (error) {
      // Node wraps the reason in an AbortError; the task must see why it is to end.
      throw signal.aborted ? signal.reason : error;
    }
  }

  async publish(
    exchange: string,
    routingKey: string,
    message: unknown,
    options: PlainMessageOptions = {},
  ): Promise<void> {
    const { mandatory = false, persistent = true, exchangeType, ...properties } = options;
    const { publisher, exchanges } = this.services;
    const request = {
      exchange,
      routingKey,
      mandatory,
      content: Buffer.from(JSON.stringify(message ?? null)),
      properties: {
        ...properties,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: persistent ? 2 : 1,
      },
    } as const;
    try {
      await this.patiently(async () => {
        if (exchangeType !== undefined) await exchanges.ensure(exchange, exchangeType);
        await publisher.publish(request);
      });
    } catch (error) {
      if (error instanceof RabbitMQError && error.code === 'EXCHANGE_NOT_FOUND') exchanges.forget(exchange);
      throw error;
    }
  }

  async sendTask(call: TaskCall): Promise<{ readonly taskId: string }> {
    const { request, children } = this.run;
    const submission = {
      ...call,
      options: {
        rootId: request.rootId ?? request.id,
        parentId: request.id,
        ...call.options,
        headers: withTrace(request, call.options?.headers),
      },
    };
    const { taskId } = await this.patiently(() => this.services.sender.submit(submission));
    children.push(taskId);
    return { taskId };
  }

  private patiently<T>(publish: () => Promise<T>): Promise<T> {
    return patiently(publish, () => this.run.signal);
  }
}
