import type { QueueDeclaration } from '../../amqp';
import type { ControlReplies, RevokeOptions, SubmittedTask, TaskRecord, TaskSubmission } from '../../celery';
import type { TaskMeta } from '../../celery/protocol';
import type { Lifecycle } from '../../runtime';

/** A message for a queue or exchange, already checked and encoded. */
export interface RawMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly persistent: boolean;
  readonly priority: number | undefined;
  /** Milliseconds until the broker drops it. */
  readonly expirationMs: number | undefined;
  /** Default `application/json`. */
  readonly contentType?: string | undefined;
  /** Default `utf-8`. */
  readonly contentEncoding?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Default: a new one. */
  readonly messageId?: string | undefined;
  /** Epoch seconds; default now. */
  readonly timestamp?: number | undefined;
  readonly type?: string | undefined;
  readonly appId?: string | undefined;
}

/** All that is known of a task, from the most to the least telling source. */
export interface TaskKnowledge {
  /** What the result store holds. */
  readonly meta: TaskMeta | null;
  /** What the history has joined from its submission, its events and its results. */
  readonly task: TaskRecord | undefined;
  /** Ids of tasks that name it as their parent. */
  readonly children?: readonly string[] | undefined;
}

export interface QueueInfo {
  readonly queueName: string;
  readonly messageCount: number;
  readonly consumerCount: number;
  readonly durable: boolean;
}

/** A part of the messaging and how it is. */
export interface PartHealth {
  readonly ready: boolean;
  readonly kind: string;
  readonly detail?: string | undefined;
}

export interface MessagingHealth {
  readonly enabled: boolean;
  /** Whether submissions and reads can be served now. */
  readonly ready: boolean;
  readonly broker?: {
    readonly state: string;
    readonly serverVersion: string | undefined;
    readonly lastError: string | undefined;
    readonly publishesInFlight: number;
  };
  readonly results?: PartHealth;
  readonly submissions?: PartHealth;
  readonly events?: PartHealth;
}

/**
 * What the features of the gateway need of messaging. Every method rejects with a `RabbitMQError`, at once and
 * retryable while the broker is away.
 */
export interface MessagingService extends Lifecycle {
  /** Resolves when the broker has confirmed and routed the task. */
  submitTask(task: TaskSubmission): Promise<SubmittedTask>;
  /** @param whole read a result again that had to leave memory; else only its state is told then. */
  findTask(taskId: string, whole?: boolean): Promise<TaskKnowledge>;
  /**
   * Waits until the task is finished, `timeoutMs` has passed or the signal aborts; never rejects for the latter two.
   * @returns the finished task with the result that came; null where none did: {@link findTask} then says what is known.
   */
  awaitTask(taskId: string, timeoutMs: number, signal: AbortSignal): Promise<TaskKnowledge | null>;
  revokeTask(taskId: string, options: RevokeOptions): Promise<ControlReplies>;
  activeTasks(): Promise<ControlReplies>;
  /** Resolves with the message id when the broker has confirmed and routed the message. */
  publishMessage(message: RawMessage): Promise<string>;
  /** @returns the name, which the broker chooses when the declared one is empty. */
  declareQueue(declaration: QueueDeclaration): Promise<Omit<QueueInfo, 'durable'>>;
  queueInfo(queueName: string): Promise<QueueInfo>;
  /** @returns how many messages were dropped. */
  purgeQueue(queueName: string): Promise<number>;
  /** Whether Celery workers consume this queue, as far as the gateway knows. */
  isCeleryQueue(name: string): boolean;
  health(): MessagingHealth;
}
