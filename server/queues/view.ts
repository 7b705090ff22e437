import type { ManagedConsumer, MessageStats, QueueInfo } from '../messaging';
import type { Partitions } from './partition-service';
import type { DeclareBody } from './schema';
import type { DetailedQueue, QueueList } from './service';

export function declaredView(body: DeclareBody, declared: Omit<QueueInfo, 'durable'>): object {
  return {
    queue_name: declared.queueName,
    message_count: declared.messageCount,
    consumer_count: declared.consumerCount,
    // As its info tells: what dies with a connection does not outlive a restart, whatever was asked for.
    durable: body.durable && !body.exclusive,
    exclusive: body.exclusive,
    auto_delete: body.auto_delete,
    ...(body.exclusive
      ? { note: "An exclusive queue belongs to the gateway's connection and is deleted with it." }
      : {}),
  };
}

/** Messages a second under short names; statistics that are not there are left out. */
export function ratesView(stats: MessageStats | undefined): Readonly<Record<string, number>> | null {
  if (stats === undefined) return null;
  const named = {
    published: stats.publish_details?.rate,
    published_in: stats.publish_in_details?.rate,
    published_out: stats.publish_out_details?.rate,
    delivered: stats.deliver_get_details?.rate,
    acknowledged: stats.ack_details?.rate,
    redelivered: stats.redeliver_details?.rate,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, rate]) => (rate === undefined ? [] : [[name, rate] as const])),
  );
}

/** The management API writes an empty definition as an empty list. */
function definitionView(definition: unknown): unknown {
  return typeof definition === 'object' && definition !== null && !Array.isArray(definition)
    ? definition
    : null;
}

function queueView({ managed, ...queue }: DetailedQueue): object {
  const declared = queue.arguments?.['x-queue-type'];
  // A queue declared without a type is a classic one as far as AMQP tells.
  const type = managed?.type ?? (queue.arguments === null ? null : (declared ?? 'classic'));
  return {
    source: queue.source,
    queue_name: queue.queueName,
    type,
    message_count: queue.messageCount,
    consumer_count: queue.consumerCount,
    durable: queue.durable,
    auto_delete: managed?.auto_delete ?? null,
    exclusive: managed?.exclusive ?? null,
    arguments: queue.arguments,
    policy: managed?.policy || null,
    policy_definition: definitionView(managed?.effective_policy_definition),
    state: managed?.state ?? null,
    unacknowledged_count: managed?.messages_unacknowledged ?? null,
    bytes: managed?.message_bytes ?? null,
    rates: ratesView(managed?.message_stats),
  };
}

/** One queue, with who consumes it. */
export function infoView(queue: DetailedQueue): object {
  const { consumer_details: consumers } = queue.managed ?? {};
  return { ...queueView(queue), consumers: consumers?.map(consumerView) ?? null };
}

function consumerView(consumer: ManagedConsumer): object {
  const { channel_details: from = {} } = consumer;
  return {
    consumer_tag: consumer.consumer_tag,
    prefetch: consumer.prefetch_count ?? null,
    acknowledges: consumer.ack_required ?? null,
    active: consumer.active ?? null,
    exclusive: consumer.exclusive ?? null,
    user: from.user ?? null,
    connection: from.connection_name ?? null,
  };
}

export function listView({ source, complete, total, items }: QueueList): object {
  return { source, complete, total, items: items.map(queueView) };
}

export function purgedView(purged: number): object {
  return { purged };
}

export function deletedView({ existed, messageCount }: { existed: boolean; messageCount: number }): object {
  return { deleted: existed, message_count: messageCount };
}

export function partitionedView({ exchange, queues }: Partitions): object {
  const detail =
    'Publish with `queue_name` and `partition_key`; tasks are spread by CELERY_TASK_PARTITIONS. A worker consumes the parts it names with -Q.';
  return { exchange, queues, detail };
}
