import type { Channel, GetMessage } from 'amqplib';
import { closeChannel } from './close-channel';
import type { AmqpConnection } from './connection';
import { withDeadline } from './deadline';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError } from './errors';
import type { HeaderTable, MessageProperties } from './message';
import { untilReturned } from './returned-messages';

/** A message looked at, and given back. */
export interface PeekedMessage {
  readonly content: Buffer;
  readonly properties: MessageProperties;
  readonly headers: HeaderTable;
  readonly exchange: string;
  readonly routingKey: string;
  /** It was delivered or looked at before. */
  readonly redelivered: boolean;
}

const DEADLINE_MS = 15_000;

const peeked = (message: GetMessage): PeekedMessage => ({
  content: message.content,
  properties: message.properties as MessageProperties,
  headers: (message.properties.headers as HeaderTable | undefined) ?? {},
  exchange: message.fields.exchange,
  routingKey: message.fields.routingKey,
  redelivered: message.fields.redelivered,
});

async function take(
  channel: Channel,
  queue: string,
  count: number,
  maxBytes: number,
): Promise<PeekedMessage[]> {
  const taken: PeekedMessage[] = [];
  let bytes = 0;
  while (taken.length < count && bytes < maxBytes) {
    const message = await channel.get(queue, { noAck: false });
    if (message === false) break;
    bytes += message.content.length;
    taken.push(peeked(message));
  }
  return taken;
}

/**
 * Reads up to `count` messages from the head of a queue, no more than about `maxBytes` of bodies, on a channel of its own.
 *
 * @param then `requeue` puts them back where they were, marked as redelivered; `ack` takes them
 * @throws RabbitMQError `QUEUE_NOT_FOUND`, `RESOURCE_LOCKED`, `BROKER_UNREACHABLE`. A stream closes the connection: ask first
 */
export async function peekQueue(
  connection: Pick<AmqpConnection, 'openChannel'>,
  queue: string,
  limits: { readonly count: number; readonly maxBytes: number },
  then: 'requeue' | 'ack' = 'requeue',
): Promise<readonly PeekedMessage[]> {
  const channel = await connection.openChannel();
  let waiting = 0;
  const work = async (): Promise<readonly PeekedMessage[]> => {
    waiting = (await channel.checkQueue(queue)).messageCount;
    const messages = await take(channel, queue, limits.count, limits.maxBytes);
    if (messages.length > 0 && then === 'ack') channel.ackAll();
    return messages;
  };
  try {
    return await withDeadline(work(), DEADLINE_MS, () => {
      throw new ConnectionError('BROKER_UNREACHABLE', 'RabbitMQ did not answer in time', { retryable: true });
    });
  } catch (error) {
    throw toRabbitMQError(error);
  } finally {
    // What is held goes back to the head. A nack would not do: quorum queues put what is returned so at their end.
    await closeChannel(channel);
    if (then === 'requeue') await untilReturned(connection, queue, waiting);
  }
}
