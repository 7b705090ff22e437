import Joi from 'joi';
import { prepared } from '../http/validation';

/** The body of `POST /rabbitmq/messages/publish`. */
export interface PublishBody {
  readonly queue_name: string;
  /** Any JSON value; it is sent as JSON. */
  readonly message: unknown;
  readonly routing_key?: string;
  readonly exchange?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly priority?: number;
  readonly expiration?: number | string;
  readonly persistent: boolean;
}

/** RabbitMQ's own bound for a TTL: 2^32 - 1 milliseconds. */
const MAX_EXPIRATION_MS = 4_294_967_295;

export const publishSchema = prepared<PublishBody>(
  Joi.object<PublishBody>({
    queue_name: Joi.string().min(1).max(255).required().description('Queue the message is for.'),
    message: Joi.any().required().description('Any JSON value.'),
    routing_key: Joi.string()
      .allow('')
      .max(255)
      .description('Routing key on the exchange; else the queue name.'),
    exchange: Joi.string()
      .allow('')
      .max(255)
      .description('Exchange; else the default one, which routes to the queue.'),
    headers: Joi.object().description('Message headers.'),
    priority: Joi.number().integer().min(0).max(255),
    expiration: Joi.alternatives(
      Joi.number().integer().min(0).max(MAX_EXPIRATION_MS),
      Joi.string().pattern(/^\d{1,9}$/, 'milliseconds'),
    ).description('Milliseconds until the broker drops the message.'),
    persistent: Joi.boolean()
      .default(true)
      .description('Survives a restart of the broker, on a durable queue.'),
  }).required(),
);

/** The answer of `POST /rabbitmq/messages/publish`. */
export const publishedSchema = Joi.object({ message_id: Joi.string().required() });
