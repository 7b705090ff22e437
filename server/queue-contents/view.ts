import type { MessageProperties } from '../../amqp';
import type { TaskRequest } from '../../celery/protocol';
import type { DeadLetterMark } from './dead-letter-mark';
import { plainValue, type ReadMessage } from './read-message';
import { PEEK_NOTE, type Peek, QUORUM_NOTE } from './service';

/** RFC 3339 in UTC; what is no time is none. */
export function isoTime(epochMs: number | null | undefined): string | null {
  if (epochMs === null || epochMs === undefined) return null;
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function expirationMs(expiration: string | undefined): number | null {
  const ms = Number(expiration ?? Number.NaN);
  return Number.isSafeInteger(ms) ? ms : null;
}

export function propertiesView(properties: MessageProperties): object {
  return {
    content_type: properties.contentType ?? null,
    content_encoding: properties.contentEncoding ?? null,
    correlation_id: properties.correlationId ?? null,
    reply_to: properties.replyTo ?? null,
    message_id: properties.messageId ?? null,
    type: properties.type ?? null,
    app_id: properties.appId ?? null,
    user_id: properties.userId ?? null,
    priority: properties.priority ?? null,
    persistent: properties.deliveryMode === 2,
    expiration_ms: expirationMs(properties.expiration),
    timestamp: isoTime(properties.timestamp === undefined ? null : Number(properties.timestamp) * 1000),
  };
}

function taskView(task: TaskRequest): object {
  return {
    task_id: task.id,
    task_name: task.task,
    args: task.hidden === true ? null : plainValue(task.args),
    kwargs: task.hidden === true ? null : plainValue(task.kwargs),
    retries: task.retries,
    eta: isoTime(task.eta),
    expires: isoTime(task.expires),
    root_id: task.rootId,
    parent_id: task.parentId,
    group_id: task.group,
    has_callbacks: (task.embed.callbacks?.length ?? 0) > 0 || (task.embed.errbacks?.length ?? 0) > 0,
    has_chain: (task.embed.chain?.length ?? 0) > 0 || task.embed.chord !== null,
  };
}

function deadLetterView(mark: DeadLetterMark): object {
  return {
    reason: mark.reason,
    detail: mark.detail,
    queue_name: mark.queue,
    exchange: mark.exchange,
    routing_keys: mark.routingKeys,
    count: mark.count,
    died_at: isoTime(mark.at),
    first_queue: mark.firstQueue,
    first_reason: mark.firstReason,
    original_expiration_ms: mark.originalExpirationMs,
    replay_count: mark.replayCount,
  };
}

export function messageView(read: ReadMessage): object {
  const { message, payload, task, malformed, deadLetter } = read;
  return {
    exchange: message.exchange,
    routing_key: message.routingKey,
    redelivered: message.redelivered,
    properties: propertiesView(message.properties),
    headers: plainValue(message.headers),
    payload,
    task: task === undefined ? null : taskView(task),
    malformed: malformed ?? null,
    dead_letter: deadLetter === undefined ? null : deadLetterView(deadLetter),
  };
}

export function peekView(queue: string, peek: Peek, taken: boolean): object {
  const quorum = !taken && peek.queueType === 'quorum' ? [QUORUM_NOTE] : [];
  return {
    queue_name: queue,
    queue_type: peek.queueType,
    waiting: peek.waiting,
    items: peek.messages.map(messageView),
    notes: taken ? [] : [PEEK_NOTE, ...quorum],
  };
}
