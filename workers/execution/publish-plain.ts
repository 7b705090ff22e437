import { RabbitMQError } from '../../amqp';
import type { PlainMessageOptions } from '../registry';
import { patiently } from './patient-publish';
import type { TaskServices } from './task-services';

/** A message that is no task. */
export interface PlainMessage {
  readonly exchange: string;
  readonly routingKey: string;
  /** Written as JSON. */
  readonly message: unknown;
  readonly options: PlainMessageOptions;
}

/** Publishes JSON for a handler, patiently; resolves once RabbitMQ confirmed it. Throws RabbitMQError. */
export async function publishPlain(
  { publisher, exchanges }: Pick<TaskServices, 'publisher' | 'exchanges'>,
  { exchange, routingKey, message, options }: PlainMessage,
  signal: () => AbortSignal,
): Promise<void> {
  const { mandatory = false, persistent = true, exchangeType, ...properties } = options;
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
    await patiently(async () => {
      if (exchangeType !== undefined) await exchanges.ensure(exchange, exchangeType);
      await publisher.publish(request);
    }, signal);
  } catch (error) {
    if (error instanceof RabbitMQError && error.code === 'EXCHANGE_NOT_FOUND') exchanges.forget(exchange);
    throw error;
  }
}
