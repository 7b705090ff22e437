import Joi from 'joi';
import { named } from '../http/named-schema';
import { EVENT_STATES } from './endpoint';

const time = Joi.string().isoDate().required();
const timeOrNull = Joi.string().isoDate().allow(null).required();
const texts = Joi.array().items(Joi.string()).required();

const endpoint = {
  webhook_id: Joi.string().required(),
  url: Joi.string().required(),
  description: Joi.string().allow('').required(),
  states: Joi.array()
    .items(Joi.string().valid(...EVENT_STATES))
    .required(),
  task_names: texts,
  queues: texts,
  enabled: Joi.boolean().required(),
  disabled_reason: Joi.string()
    .valid('by request', 'gone', null)
    .required()
    .description('gone: it answered 410.'),
  signatures: Joi.array()
    .items(Joi.object({ created_at: time, expires_at: timeOrNull }))
    .required()
    .description(
      'What deliveries are signed with, newest first; the secrets themselves are told once, when they are made.',
    ),
  created_at: time,
};

export const endpointSchema = named('Webhook', Joi.object(endpoint));

export const endpointsSchema = Joi.object({ webhooks: Joi.array().items(endpointSchema).required() });

/** Where a secret has just been made. */
export const revealedSchema = named(
  'RevealedWebhook',
  Joi.object({
    ...endpoint,
    secret: Joi.string().required().description('`whsec_...`: keep it, it is not told again.'),
  }),
);

export const deliverySchema = named(
  'WebhookDelivery',
  Joi.object({
    delivery_id: Joi.string().required().description('The header webhook-id of each attempt.'),
    webhook_id: Joi.string().required(),
    type: Joi.string().allow('').required(),
    task_id: Joi.string().allow(null).required(),
    workflow_id: Joi.string().allow(null).required(),
    status: Joi.string().valid('pending', 'delivered', 'retrying', 'dead', 'dropped').required(),
    attempts: Joi.number().integer().required(),
    last_status: Joi.number()
      .integer()
      .allow(null)
      .required()
      .description('HTTP status of the last attempt.'),
    last_error: Joi.string().allow(null).required(),
    duration_ms: Joi.number().integer().allow(null).required(),
    created_at: time,
    updated_at: time,
    next_attempt_at: timeOrNull,
  }),
);

export const callbackSecretSchema = Joi.object({
  secret: Joi.string().required().description('`whsec_...`: of the calling key alone, the same each time.'),
});

export const deadLettersSchema = Joi.object({
  done: Joi.number().integer().required().description('Sent again, or dropped.'),
  outdated: Joi.number()
    .integer()
    .required()
    .description('Only taken away: they had been replayed one by one since.'),
});

export const deliveriesSchema = Joi.object({ deliveries: Joi.array().items(deliverySchema).required() });
