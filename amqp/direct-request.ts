import { closeChannel } from './close-channel';
import type { AmqpConnection } from './connection';
import { toRabbitMQError } from './error-mapping';
import { QueueError, type RabbitMQError } from './errors';
import type { HeaderTable, MessageProperties } from './message';
import { type PublishRequest, publishOptions } from './message-validation';

/** What came back. */
export interface DirectReply {
  readonly content: Buffer;
  readonly properties: MessageProperties;
  readonly headers: HeaderTable;
}

/** RabbitMQ's pseudo-queue: replies come straight to the channel that asked. */
const REPLY_TO = 'amq.rabbitmq.reply-to';

/**
 * Publishes a request and waits for the reply with its correlation id, over direct reply-to, on a channel of its own. The request
 * is confirmed and routed before it is waited for.
 *
 * @returns undefined when no reply came within `timeoutMs` or the signal aborted
 * @throws QueueError `UNROUTABLE`, `PUBLISH_NACKED`, `EXCHANGE_NOT_FOUND`, `MESSAGE_INVALID`
 * @throws ConnectionError when the link fails before the reply came
 */
export async function requestReply(
  connection: Pick<AmqpConnection, 'openConfirmChannel' | 'describe' | 'frameMax'>,
  request: PublishRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DirectReply | undefined> {
  const { correlationId, messageId } = request.properties;
  const checked = publishOptions(request, connection.describe().username, connection.frameMax);
  const channel = await connection.openConfirmChannel();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<DirectReply | undefined>((resolve, reject) => {
      let failure: RabbitMQError | undefined;
      let returned = false;
      channel.on('error', (error: Error) => {
        failure = toRabbitMQError(error);
      });
      channel.once('close', () => reject(failure ?? toRabbitMQError(new Error('Channel closed'))));
      channel.on('return', (message) => {
        returned ||= message.properties.messageId === messageId;
      });
      onAbort = () => resolve(undefined);
      signal.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(onAbort, timeoutMs);
      const ask = async (): Promise<void> => {
        if (request.exchange !== '') await channel.checkExchange(request.exchange);
        await channel.consume(
          REPLY_TO,
          (message) => {
            if (message === null || message.properties.correlationId !== correlationId) return;
            const { content, properties } = message;
            const headers = (properties.headers as HeaderTable | undefined) ?? {};
            resolve({ content, properties: properties as MessageProperties, headers });
          },
          { noAck: true },
        );
        const options = { ...checked, mandatory: true, replyTo: REPLY_TO };
        channel.publish(request.exchange, request.routingKey, request.content, options, (error) => {
          if (returned)
            reject(new QueueError('UNROUTABLE', 'No queue took the request', { details: { messageId } }));
          else if (error) reject(new QueueError('PUBLISH_NACKED', 'RabbitMQ refused the request'));
        });
      };
      ask().catch((error: unknown) => reject(failure ?? toRabbitMQError(error)));
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    await closeChannel(channel);
  }
}
