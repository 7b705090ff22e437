import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';
import type { BodyEncoding } from './body';

/** The body of `POST /rabbitmq/messages/publish`. */
export interface PublishBody {
  readonly queue_name?: string;
  /** Any JSON value; what it becomes is for `encoding` to say. */
  readonly message: unknown;
  readonly encoding: BodyEncoding;
  readonly routing_key?: string;
  readonly exchange?: string;
  readonly partition_key?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly priority?: number;
  readonly expiration?: number | string;
  readonly persistent: boolean;
  readonly content_type?: string;
  readonly content_encoding?: string;
  readonly correlation_id?: string;
  readonly reply_to?: string;
  readonly message_id?: string;
  readonly timestamp?: number;
  readonly type?: string;
  readonly app_id?: string;
  readonly force: boolean;
}

/** RabbitMQ's own bound for a TTL: 2^32 - 1 milliseconds. */
const MAX_EXPIRATION_MS = 4_294_967_295;
/** The last second of the year 9999. */
const MAX_TIMESTAMP = 253_402_300_799;
const MAX_BATCH = 1000;

const short = Joi.string().min(1).max(255);

const publishFields = {
  queue_name: short.description('Queue the message is for.'),
  message: Joi.any().required().description('Any JSON value; a string for `text` and `base64`.'),
  encoding: Joi.string()
    .valid('json', 'text', 'base64', 'msgpack')
    .default('json')
    .description('What the body is made of `message`.'),
  routing_key: Joi.string()
    .allow('')
    .max(255)
    .description('Routing key on the exchange; else the queue name.'),
  exchange: Joi.string()
    .allow('')
    .max(255)
    .description('Exchange; else the default one, which routes to the queue.'),
  partition_key: short.description(
    'The queue is a partitioned one: messages of one key go to one partition, in order.',
  ),
  headers: Joi.object().description('Message headers.'),
  priority: Joi.number().integer().min(0).max(255),
  expiration: Joi.alternatives(
    Joi.number().integer().min(0).max(MAX_EXPIRATION_MS),
    Joi.string().pattern(/^\d{1,9}$/, 'milliseconds'),
  ).description('Milliseconds until the broker drops the message.'),
  persistent: Joi.boolean()
    .default(true)
    .description('Survives a restart of the broker, on a durable queue.'),
  content_type: short.description('Else what follows from `encoding`.'),
  content_encoding: short.description('Else what follows from `encoding`.'),
  correlation_id: short,
  reply_to: short.description('Queue to reply to.'),
  message_id: short.description('Else a new UUID.'),
  timestamp: Joi.number()
    .integer()
    .min(0)
    .max(MAX_TIMESTAMP)
    .description('Seconds since 1970. Default: now.'),
  type: short,
  app_id: short,
  force: Joi.boolean()
    .default(false)
    .description('Publish though a Celery worker could not read it. Needs the role admin.'),
};

const related = <T extends PublishBody>(schema: Joi.ObjectSchema<T>): Joi.ObjectSchema<T> =>
  schema
    .or('queue_name', 'exchange')
    .without('partition_key', ['exchange', 'routing_key'])
    .with('partition_key', 'queue_name');

const oneMessage = named('Publish', related(Joi.object<PublishBody>(publishFields)));

export const publishSchema = prepared<PublishBody>(oneMessage.required());

/** The body of `POST /rabbitmq/messages/batch`. */
export interface BatchBody {
  readonly messages: readonly PublishBody[];
}

export const batchSchema = prepared<BatchBody>(
  Joi.object<BatchBody>({
    messages: Joi.array().items(oneMessage).min(1).max(MAX_BATCH).required(),
  }).required(),
);

/** The body of `POST /rabbitmq/messages/request`. */
export interface RequestBody extends PublishBody {
  readonly timeout_seconds: number;
}

const { reply_to: _replyTo, ...requestFields } = publishFields;

export const requestSchema = (maxWaitSeconds: number): Joi.ObjectSchema<RequestBody> =>
  prepared<RequestBody>(
    related(
      Joi.object<RequestBody>({
        ...requestFields,
        timeout_seconds: Joi.number()
          .min(0.01)
          .max(maxWaitSeconds)
          .default(Math.min(10, maxWaitSeconds))
          .description('How long the reply is waited for.'),
      }),
    ).required(),
  );

/** The query of `GET /rabbitmq/messages/stream`. */
export interface StreamQuery {
  readonly exchange: string;
  readonly routing_key: string;
  readonly limit?: number;
  readonly seconds: number;
}

export const streamQuerySchema = preparedQuery<StreamQuery>(
  Joi.object<StreamQuery>({
    exchange: short.required().description('Exchange to follow.'),
    routing_key: Joi.string()
      .allow('')
      .max(255)
      .default('#')
      .description('Binding key; `#` is all of a topic.'),
    limit: Joi.number().integer().min(1).max(1_000_000).description('End after so many messages.'),
    seconds: Joi.number().min(1).max(3600).default(600).description('End after this time.'),
  }),
);
