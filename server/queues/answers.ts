import Joi from 'joi';
import { named } from '../http/named-schema';

const counts = {
  queue_name: Joi.string().required(),
  message_count: Joi.number().integer().required().description('Messages ready for delivery.'),
  consumer_count: Joi.number().integer().required(),
  durable: Joi.boolean().required(),
};

const consumerCount = Joi.number()
  .integer()
  .allow(null)
  .required()
  .description('`null`: AMQP alone does not tell it of a stream.');

/** Where an answer comes from: AMQP alone tells less. */
export const sourceSchema = Joi.string()
  .valid('amqp', 'management')
  .required()
  .description('`amqp`: without the management API, so fields are null and listings incomplete.');

/** The answer of `POST /rabbitmq/queues/declare`. */
export const declaredSchema = Joi.object({
  ...counts,
  exclusive: Joi.boolean().required(),
  auto_delete: Joi.boolean().required(),
  note: Joi.string(),
});

const whole = Joi.number().integer().allow(null).required();
const flag = Joi.boolean().allow(null).required();

/** Messages a second, where statistics are there. */
export const ratesSchema = Joi.object()
  .pattern(Joi.string(), Joi.number().required())
  .allow(null)
  .required()
  .description('Messages a second.');

const details = {
  source: sourceSchema,
  type: Joi.string().allow(null).required(),
  auto_delete: flag,
  exclusive: flag,
  arguments: Joi.object().allow(null).required().description('As it was declared.'),
  policy: Joi.string().allow(null).required(),
  policy_definition: Joi.object().allow(null).required(),
  state: Joi.string().allow(null).required(),
  unacknowledged_count: whole.description('Messages consumers hold.'),
  bytes: whole.description('Of all bodies.'),
  rates: ratesSchema,
};

const consumerSchema = named(
  'QueueConsumer',
  Joi.object({
    consumer_tag: Joi.string().allow('').required(),
    prefetch: whole,
    acknowledges: flag.description('Else what it is sent counts as done.'),
    active: flag.description('False: it waits while another one is the single active consumer.'),
    exclusive: flag,
    user: Joi.string().allow(null).required(),
    connection: Joi.string().allow(null).required().description('Its name in RabbitMQ.'),
  }),
);

/** The answer of `GET /rabbitmq/queues/{queue_name}/info`. */
export const infoSchema = Joi.object({
  ...counts,
  consumer_count: consumerCount,
  ...details,
  consumers: Joi.array()
    .items(consumerSchema)
    .allow(null)
    .required()
    .description('`null` without the management API, whose list is some seconds old.'),
});

/** The answer of `GET /rabbitmq/queues`. */
export const listSchema = Joi.object({
  source: sourceSchema,
  complete: Joi.boolean()
    .required()
    .description(
      'False: only queues of Celery workers the gateway knows of, and those declared through this gateway process.',
    ),
  total: Joi.number().integer().required(),
  items: Joi.array()
    .items(Joi.object({ ...counts, durable: flag, ...details }))
    .required(),
});

/** The answer of `DELETE /rabbitmq/queues/{queue_name}/purge`. */
export const purgedSchema = Joi.object({ purged: Joi.number().integer().required() });

/** The answer of `DELETE /rabbitmq/queues/{queue_name}`. */
export const deletedSchema = Joi.object({
  deleted: Joi.boolean().required(),
  message_count: Joi.number().integer().required().description('Messages that went with it.'),
});

/** The answer of `POST /rabbitmq/queues/partitioned`. */
export const partitionedAnswerSchema = Joi.object({
  exchange: Joi.string().required(),
  queues: Joi.array().items(Joi.string()).required(),
  detail: Joi.string().required(),
});
