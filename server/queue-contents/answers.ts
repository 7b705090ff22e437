import Joi from 'joi';
import { named } from '../http/named-schema';

const text = Joi.string().allow('', null).required();
const whole = Joi.number().integer().allow(null).required();
const time = Joi.string().isoDate().allow(null).required();

/** A body in a form JSON can hold. */
export const payloadSchema = named(
  'Payload',
  Joi.object({
    encoding: Joi.string()
      .valid('json', 'text', 'base64')
      .required()
      .description('`json`: `value` is the decoded body (of JSON, msgpack or YAML).'),
    value: Joi.any().required(),
    bytes: Joi.number().integer().required(),
    truncated: Joi.boolean().required(),
  }),
);

export const propertiesSchema = named(
  'MessageProperties',
  Joi.object({
    content_type: text,
    content_encoding: text,
    correlation_id: text,
    reply_to: text,
    message_id: text,
    type: text,
    app_id: text,
    user_id: text,
    priority: whole,
    persistent: Joi.boolean().required(),
    expiration_ms: whole,
    timestamp: time,
  }),
);

const taskSchema = named(
  'QueuedTask',
  Joi.object({
    task_id: Joi.string().required(),
    task_name: Joi.string().required(),
    args: Joi.array().allow(null).required().description('`null`: they are encrypted, and so not shown.'),
    kwargs: Joi.object().allow(null).required(),
    retries: Joi.number().integer().required(),
    eta: time,
    expires: time,
    root_id: text,
    parent_id: text,
    group_id: text,
    has_callbacks: Joi.boolean().required(),
    has_chain: Joi.boolean().required(),
  }),
);

const deadLetterSchema = named(
  'DeadLetter',
  Joi.object({
    reason: Joi.string().required(),
    detail: text,
    queue_name: text.description('Where it died.'),
    exchange: text,
    routing_keys: Joi.array().items(Joi.string().allow('')).required(),
    count: Joi.number().integer().required(),
    died_at: time,
    first_queue: text,
    first_reason: text,
    original_expiration_ms: whole,
    replay_count: Joi.number().integer().required(),
  }),
);

/** A message, decoded as far as it can be. */
export const messageSchema = named(
  'Message',
  Joi.object({
    exchange: Joi.string().allow('').required(),
    routing_key: Joi.string().allow('').required(),
    redelivered: Joi.boolean().required().description('It was delivered or looked at before.'),
    properties: propertiesSchema.required(),
    headers: Joi.object().required(),
    payload: payloadSchema.required(),
    task: taskSchema.allow(null).required().description('Where a Celery worker could read it.'),
    malformed: Joi.object({ reason: Joi.string().required(), detail: Joi.string().allow('').required() })
      .allow(null)
      .required()
      .description('Why no worker could read it, though it says it is a task.'),
    dead_letter: deadLetterSchema.allow(null).required(),
  }),
);

export const peekSchema = named(
  'MessagePage',
  Joi.object({
    queue_name: Joi.string().required(),
    queue_type: Joi.string().required(),
    waiting: Joi.number().integer().required().description('Messages ready in the queue.'),
    items: Joi.array().items(messageSchema).required(),
    notes: Joi.array().items(Joi.string()).required(),
  }),
);

export const removedSchema = Joi.object({ removed: Joi.number().integer().required() });
