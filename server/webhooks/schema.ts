import Joi from 'joi';
import { prepared, preparedQuery } from '../http/validation';
import type { DeliveryStatus } from './delivery-log';
import { EVENT_STATES, type EventState } from './endpoint';

/** The body of `POST /rabbitmq/webhooks`; of a `PATCH`, each field may be left out. */
export interface WebhookBody {
  readonly url: string;
  readonly description: string;
  readonly states: readonly EventState[];
  readonly task_names: readonly string[];
  readonly queues: readonly string[];
  readonly enabled: boolean;
}

const globs = Joi.array().items(Joi.string().min(1).max(255)).max(100);

const fields = {
  url: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .max(2048)
    .description('Where events are posted to.'),
  description: Joi.string().allow('').max(255),
  states: Joi.array()
    .items(Joi.string().valid(...EVENT_STATES))
    .min(1)
    .unique()
    .description('States of tasks that are told of.'),
  task_names: globs.description('Task names, with * and ?; empty means all.'),
  queues: globs.description('Queues, with * and ?; empty means all.'),
  enabled: Joi.boolean(),
};

export const webhookSchema = prepared<WebhookBody>(
  Joi.object<WebhookBody>({
    url: fields.url.required(),
    description: fields.description.default(''),
    states: fields.states.default(['SUCCESS', 'FAILURE', 'REVOKED']),
    task_names: fields.task_names.default([]),
    queues: fields.queues.default([]),
    enabled: fields.enabled.default(true),
  }).required(),
);

export const webhookChangeSchema = prepared<Partial<WebhookBody>>(
  Joi.object<Partial<WebhookBody>>(fields).min(1).required(),
);

const id = Joi.string()
  .pattern(/^[A-Za-z0-9_-]{1,64}$/, 'id')
  .required();

export const webhookIdSchema = preparedQuery<{ readonly webhook_id: string }>(
  Joi.object<{ readonly webhook_id: string }>({ webhook_id: id }),
);

export const deliveryIdSchema = preparedQuery<{ readonly webhook_id: string; readonly delivery_id: string }>(
  Joi.object<{ readonly webhook_id: string; readonly delivery_id: string }>({
    webhook_id: id,
    delivery_id: id,
  }),
);

/** The query of `GET /rabbitmq/webhooks/{webhook_id}/deliveries`. */
export interface DeliveriesQuery {
  readonly status?: DeliveryStatus;
  readonly task_id?: string;
  readonly workflow_id?: string;
  readonly limit: number;
}

export const deliveriesQuerySchema = preparedQuery<DeliveriesQuery>(
  Joi.object<DeliveriesQuery>({
    status: Joi.string().valid('pending', 'delivered', 'retrying', 'dead', 'dropped'),
    task_id: Joi.string().max(255).description('Those that tell of this task.'),
    workflow_id: Joi.string().max(255).description('Those that tell of this workflow.'),
    limit: Joi.number().integer().min(1).max(1000).default(100),
  }),
);

/** The query of what is done about dead letters. */
export interface DeadLettersQuery {
  readonly webhook_id?: string;
  readonly limit: number;
}

export const deadLettersQuerySchema = preparedQuery<DeadLettersQuery>(
  Joi.object<DeadLettersQuery>({
    webhook_id: id.optional().description('Those of one webhook, or `callbacks`; else all.'),
    limit: Joi.number().integer().min(1).max(100_000).default(1000),
  }),
);
