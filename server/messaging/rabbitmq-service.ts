import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AmqpConnections,
  type ConfirmPublisher,
  type HeaderTable,
  type QueueDeclaration,
  QueueError,
  type Topology,
} from '../../amqp';
import type {
  CeleryClient,
  ControlClient,
  ControlReplies,
  Inspector,
  ResultReader,
  RevokeOptions,
  SubmissionRecords,
  SubmittedTask,
  TaskHistory,
  TaskRecord,
  TaskSubmission,
} from '../../celery';
import { READY_STATES, type TaskMeta } from '../../celery/protocol';
import type { Clock, Lifecycle, Logger } from '../../runtime';
import { GatewayError } from '../errors';
import type { CeleryQueues } from './celery-queues';
import { readable, SWITCHED_OFF, settled } from './memory-health';
import type {
  MessagingHealth,
  MessagingService,
  PartHealth,
  QueueInfo,
  RawMessage,
  TaskKnowledge,
} from './messaging-service';
import type { RecalledResults } from './recalled-results';
import type { UnheardEnds } from './unheard-ends';

export interface RabbitMQServiceDeps {
  readonly connections: Pick<AmqpConnections, 'start' | 'stop' | 'state' | 'publish'>;
  readonly publisher: Pick<ConfirmPublisher, 'start' | 'stop' | 'publish' | 'inFlight' | 'ready'>;
  readonly topology: Pick<Topology, 'queueStatus' | 'queueIsDurable' | 'declareQueue' | 'purgeQueue'>;
  readonly client: Pick<CeleryClient, 'submit'>;
  readonly results: ResultReader;
  /** Undefined while the record is switched off. */
  readonly records: Pick<SubmissionRecords, 'start' | 'stop' | 'status'> | undefined;
  readonly control: Pick<ControlClient, 'start' | 'stop' | 'revoke'>;
  readonly inspector: Pick<Inspector, 'inspect'>;
  /** Undefined while events are switched off. */
  readonly events: (Lifecycle & { readonly status: PartHealth }) | undefined;
  readonly history: Pick<TaskHistory, 'get' | 'onResult' | 'childrenOf'>;
  readonly recalled: Pick<RecalledResults, 'of'>;
  readonly unheardEnds: Pick<UnheardEnds, 'start' | 'stop' | 'expect'>;
  readonly celeryQueues: CeleryQueues;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/** An end that the history has not heard of. */
const isNews = ({ status }: TaskMeta, task: TaskRecord | undefined): boolean =>
  READY_STATES.has(status) && task !== undefined && task.resultState !== status;

/** How long listeners may take to say goodbye to the broker. */
const LISTENERS_STOP_MS = 2000;

/** Messaging over RabbitMQ: hands each call to the part of the lower layers that owns it. */
export class RabbitMQService implements MessagingService {
  /** Asked only until it is true: submissions are the hot path. */
  private memorySettled: boolean = false;

  constructor(private readonly deps: RabbitMQServiceDeps) {}

  /** Returns at once; connecting goes on in the background, and the parts come up when the broker is there. */
  async start(): Promise<void> {
    const { connections, publisher, logger } = this.deps;
    this.deps.unheardEnds.start();
    await connections.start();
    for (const part of [publisher, ...this.listeners()]) {
      // Not awaited: some parts are started only once the broker answers, and the gateway serves without it.
      part.start().catch((error: unknown) => logger.error('a part of messaging did not start', { error }));
    }
  }

  /** Listeners first, then the publisher (which waits for its confirms), then the connections. */
  async stop(): Promise<void> {
    this.deps.unheardEnds.stop();
    const listeners = Promise.allSettled(this.listeners().map((part) => part.stop()));
    // The broker may be slow to answer a cancel; they hold nothing that closing the connection would lose.
    await Promise.race([listeners, sleep(LISTENERS_STOP_MS, undefined, { ref: false })]);
    await this.deps.publisher.stop();
    await this.deps.connections.stop();
  }

  async submitTask(task: TaskSubmission): Promise<SubmittedTask> {
    if (!this.memorySettled) this.requireMemory();
    const submitted = await this.deps.client.submit(task);
    this.deps.celeryQueues.add(submitted.queue);
    return submitted;
  }

  async findTask(taskId: string, whole = false): Promise<TaskKnowledge> {
    const meta = await this.deps.results.getTaskMeta(taskId);
    return this.knowledgeOf(taskId, meta === null && whole ? await this.deps.recalled.of(taskId) : meta);
  }

  async awaitTask(taskId: string, timeoutMs: number, signal: AbortSignal): Promise<TaskKnowledge | null> {
    this.deps.unheardEnds.expect(taskId);
    try {
      const meta = await this.deps.results.waitForResult(taskId, { timeoutMs, signal });
      // The store may have dropped it again: results that come together push each other out of a full memory.
      return meta === null ? null : this.knowledgeOf(taskId, meta);
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }

  revokeTask(taskId: string, options: RevokeOptions): Promise<ControlReplies> {
    return this.deps.control.revoke(taskId, options);
  }

  activeTasks(): Promise<ControlReplies> {
    return this.deps.inspector.inspect('active');
  }

  async publishMessage(message: RawMessage): Promise<string> {
    const messageId = message.messageId ?? randomUUID();
    await this.deps.publisher.publish({
      exchange: message.exchange,
      routingKey: message.routingKey,
      content: message.content,
      properties: {
        contentType: message.contentType ?? 'application/json',
        contentEncoding: message.contentEncoding ?? 'utf-8',
        // Checked by the publisher: names and values that AMQP or its routing would mind are refused there.
        headers: message.headers as HeaderTable,
        deliveryMode: message.persistent ? 2 : 1,
        priority: message.priority,
        expiration: message.expirationMs === undefined ? undefined : String(message.expirationMs),
        messageId,
        timestamp: message.timestamp ?? Math.floor(this.deps.clock.now() / 1000),
        correlationId: message.correlationId,
        replyTo: message.replyTo,
        type: message.type,
        appId: message.appId,
      },
      mandatory: true,
    });
    return messageId;
  }

  async declareQueue(declaration: QueueDeclaration): Promise<Omit<QueueInfo, 'durable'>> {
    const { queue, messageCount, consumerCount } = await this.deps.topology.declareQueue(declaration);
    return { queueName: queue, messageCount, consumerCount };
  }

  async queueInfo(queueName: string): Promise<QueueInfo> {
    const status = await this.deps.topology.queueStatus(queueName);
    if (status === null) throw new QueueError('QUEUE_NOT_FOUND', `There is no queue ${queueName}.`);
    const durable = await this.deps.topology.queueIsDurable(queueName);
    return { queueName, messageCount: status.messageCount, consumerCount: status.consumerCount, durable };
  }

  purgeQueue(queueName: string): Promise<number> {
    return this.deps.topology.purgeQueue(queueName);
  }

  isCeleryQueue(name: string): boolean {
    return this.deps.celeryQueues.has(name);
  }

  health(): MessagingHealth {
    const { connections, publisher, results, records, events } = this.deps;
    const state = connections.state;
    const { lastError } = connections.publish;
    const submissions = records?.status ?? SWITCHED_OFF;
    const listened = events?.status ?? SWITCHED_OFF;
    const memory = [results.status, submissions, listened];
    return {
      enabled: true,
      ready: state === 'connected' && publisher.ready && memory.every(readable),
      broker: {
        state,
        serverVersion:
          state === 'connected' || state === 'blocked'
            ? connections.publish.describe().serverVersion
            : undefined,
        lastError: state === 'connected' ? undefined : lastError?.code,
        publishesInFlight: publisher.inFlight,
      },
      results: results.status,
      submissions,
      events: listened,
    };
  }

  private knowledgeOf(taskId: string, meta: TaskMeta | null): TaskKnowledge {
    const { results, history } = this.deps;
    // A database does not tell of what is stored in it: the history learns of an end when somebody asks.
    if (meta !== null && results.status.kind === 'redis' && isNews(meta, history.get(taskId))) {
      history.onResult(meta);
    }
    return { meta, task: history.get(taskId), children: history.childrenOf(taskId) };
  }

  /**
   * Before the broker has said where results and submissions are kept, a task would go out without its record and with a
   * `reply_to` that may not exist.
   */
  private requireMemory(): void {
    const { connections, results, records } = this.deps;
    this.memorySettled = settled(results.status) && (records === undefined || settled(records.status));
    // Without a broker the publisher has the better reason.
    if (this.memorySettled || connections.state !== 'connected') return;
    throw new GatewayError('NOT_READY', 'The result queue and the submission record are being opened.', {
      retryable: true,
    });
  }

  private listeners(): readonly Lifecycle[] {
    const { results, records, control, events } = this.deps;
    return [
      results,
      control,
      ...(records === undefined ? [] : [records]),
      ...(events === undefined ? [] : [events]),
    ];
  }
}
