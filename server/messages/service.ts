import { randomUUID } from 'node:crypto';
import type { DirectReply, HeaderTable, PublishRequest } from '../../amqp';
import { type ContentProtection, readTaskMessage } from '../../celery/protocol';
import type { Clock } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import type { MessagingService, NamePolicy, QueueWork, RawMessage } from '../messaging';
import type { PartitionService } from '../queues';
import { type BodyEncoding, encodeBody } from './body';

/** A message to publish as it is. */
export interface PublishCommand {
  /** Undefined where only an exchange is named. */
  readonly queueName: string | undefined;
  readonly message: unknown;
  readonly encoding: BodyEncoding;
  readonly exchange: string | undefined;
  readonly routingKey: string | undefined;
  /** Spreads over the partitions of `queueName`. */
  readonly partitionKey: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly priority: number | undefined;
  readonly expirationMs: number | undefined;
  readonly persistent: boolean;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  readonly messageId: string | undefined;
  /** Epoch seconds. */
  readonly timestamp: number | undefined;
  readonly type: string | undefined;
  readonly appId: string | undefined;
  /** An administrator wants it published though a Celery worker could not read it. */
  readonly force: boolean;
}

export interface MessageServiceDeps {
  readonly messaging: Pick<MessagingService, 'publishMessage' | 'isCeleryQueue'>;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  readonly work: Pick<QueueWork, 'request'>;
  readonly partitions: Pick<PartitionService, 'destination'>;
  /** What signs or encrypts bodies here, if anything does: workers refuse plain tasks then. */
  readonly protection: ContentProtection | undefined;
  /** Requests that may wait for their reply at a time. */
  readonly maxWaiters: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** What became of one message of a batch. */
export type BatchOutcome =
  | { readonly messageId: string }
  /** What publishing it threw. */
  | { readonly error: unknown };

/** A reply, and what it answers. */
export interface RequestOutcome {
  readonly messageId: string;
  readonly correlationId: string;
  readonly reply: DirectReply;
}

/** Messages of a batch under way at a time: more would only wait for each other. */
const BATCH_WINDOW = 256;

/** Publishes raw messages; refuses those that would kill or mislead Celery workers. */
export class MessageService {
  private waiting = 0;

  constructor(private readonly deps: MessageServiceDeps) {}

  /** Resolves with the message id when the broker has confirmed and routed the message. */
  async publish(command: PublishCommand): Promise<string> {
    return this.deps.messaging.publishMessage(await this.checked(command));
  }

  /** Publishes each for itself, in order as far as the broker keeps it; a failure of one does not touch the others. */
  async publishAll(commands: readonly PublishCommand[]): Promise<readonly BatchOutcome[]> {
    const outcomes: BatchOutcome[] = [];
    for (let from = 0; from < commands.length; from += BATCH_WINDOW) {
      const window = commands.slice(from, from + BATCH_WINDOW);
      const settled = await Promise.allSettled(window.map((command) => this.publish(command)));
      for (const one of settled) {
        outcomes.push(one.status === 'fulfilled' ? { messageId: one.value } : { error: one.reason });
      }
    }
    return outcomes;
  }

  /**
   * Publishes a request and waits for its reply.
   * @throws GatewayError REPLY_TIMEOUT, OPERATIONS_SATURATED.
   */
  async request(command: PublishCommand, timeoutMs: number, signal: AbortSignal): Promise<RequestOutcome> {
    const raw = await this.checked(command);
    const messageId = raw.messageId ?? randomUUID();
    const correlationId = raw.correlationId ?? randomUUID();
    if (this.waiting >= this.deps.maxWaiters) {
      throw new GatewayError('OPERATIONS_SATURATED', `${this.waiting} requests wait for their reply.`, {
        retryable: true,
      });
    }
    this.waiting += 1;
    try {
      const request = this.asRequest(raw, messageId, correlationId);
      const reply = await this.deps.work.request(request, timeoutMs, signal);
      if (reply === undefined)
        throw new GatewayError('REPLY_TIMEOUT', `No reply to ${messageId} within ${timeoutMs} ms.`);
      return { messageId, correlationId, reply };
    } finally {
      this.waiting -= 1;
    }
  }

  private async checked(command: PublishCommand): Promise<RawMessage> {
    const { exchange, routingKey } = await this.destination(command);
    const { names } = this.deps;
    if (command.replyTo !== undefined) names.checkQueue(command.replyTo, '/reply_to');
    const body = encodeBody(command.message, command.encoding);
    const raw: RawMessage = {
      exchange,
      routingKey,
      content: body.content,
      headers: command.headers,
      persistent: command.persistent,
      priority: command.priority,
      expirationMs: command.expirationMs,
      contentType: command.contentType ?? body.contentType,
      contentEncoding: command.contentEncoding ?? body.contentEncoding,
      correlationId: command.correlationId,
      replyTo: command.replyTo,
      messageId: command.messageId,
      timestamp: command.timestamp,
      type: command.type,
      appId: command.appId,
    };
    if (!command.force && this.reachesCelery(command, raw)) checkTaskMessage(raw, this.deps.protection);
    return raw;
  }

  private async destination(command: PublishCommand): Promise<{ exchange: string; routingKey: string }> {
    const { queueName, partitionKey } = command;
    const exchange = command.exchange ?? '';
    const routingKey = command.routingKey ?? queueName ?? '';
    if (queueName !== undefined) this.deps.names.checkQueue(queueName, '/queue_name');
    this.deps.names.checkExchange(exchange, '/exchange');
    if (queueName !== undefined && partitionKey !== undefined)
      return this.deps.partitions.destination(queueName, partitionKey);
    if (exchange === '' && routingKey !== queueName) {
      const detail = 'must be the queue name on the default exchange, or be left out';
      throw inputError('REQUEST_INVALID', 'The routing key contradicts the queue.', [
        { pointer: '/routing_key', detail },
      ]);
    }
    return { exchange, routingKey };
  }

  /** Celery names a queue's exchange and routing key after the queue, so any of the three tells. */
  private reachesCelery(command: PublishCommand, { exchange, routingKey }: RawMessage): boolean {
    const { messaging } = this.deps;
    if (Object.hasOwn(command.headers, 'task')) return true;
    const names = [command.queueName, exchange, routingKey];
    return names.some((name) => name !== undefined && messaging.isCeleryQueue(name));
  }

  private asRequest(raw: RawMessage, messageId: string, correlationId: string): PublishRequest {
    return {
      exchange: raw.exchange,
      routingKey: raw.routingKey,
      content: raw.content,
      properties: {
        contentType: raw.contentType,
        contentEncoding: raw.contentEncoding,
        // Checked where it is written: names and values that AMQP or its routing would mind are refused there.
        headers: raw.headers as HeaderTable,
        deliveryMode: raw.persistent ? 2 : 1,
        priority: raw.priority,
        expiration: raw.expirationMs === undefined ? undefined : String(raw.expirationMs),
        messageId,
        correlationId,
        timestamp: raw.timestamp ?? Math.floor(this.deps.clock.now() / 1000),
        type: raw.type,
        appId: raw.appId,
      },
      mandatory: true,
    };
  }
}

/** The same reader a worker uses: what it cannot read, a Python worker may die of (K1 to K4 of the contract). */
function checkTaskMessage(raw: RawMessage, protection: ContentProtection | undefined): void {
  const { content, exchange, routingKey, contentType, contentEncoding } = raw;
  const outcome = readTaskMessage(
    {
      headers: raw.headers as HeaderTable,
      properties: { contentType, contentEncoding },
      content,
      exchange,
      routingKey,
      redelivered: false,
    },
    { protection },
  );
  if (outcome.kind === 'task') return;
  throw inputError('MESSAGE_NOT_A_TASK', 'A Celery worker could not read this message.', [
    { pointer: '/message', detail: `${outcome.reason}: ${outcome.detail}` },
  ]);
}
