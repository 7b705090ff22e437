import Joi from 'joi';
import { named } from '../http/named-schema';

/** How one broker is. */
export const BROKER_STATUSES = ['ready', 'not_ready', 'stopping', 'messaging_disabled'] as const;

/** The answer of `GET /health/live`. */
export const livenessSchema = Joi.object({
  status: Joi.string().valid('live', 'stuck').required(),
  loop_lag_ms: Joi.number()
    .integer()
    .required()
    .description('The least delay of the event loop within the last two seconds.'),
});

const part = named(
  'PartHealth',
  Joi.object({
    ready: Joi.boolean().required(),
    kind: Joi.string().required().description('Where it is kept.'),
    detail: Joi.string().description('Why it is not ready, or what a fallback costs.'),
  }),
);

/** The answer of `GET /health/ready`. */
export const readinessSchema = named(
  'Readiness',
  Joi.object({
    status: Joi.string()
      .valid(...BROKER_STATUSES)
      .required(),
    messaging: Joi.string().valid('enabled', 'disabled').required(),
    broker: Joi.object({
      state: Joi.string().required(),
      server_version: Joi.string(),
      last_error: Joi.string().description('Code of the last failure.'),
      publishes_in_flight: Joi.number().integer().required(),
    }),
    canary: Joi.object({
      ready: Joi.boolean().required(),
      code: Joi.string().description('Why it was not confirmed.'),
      confirm_ms: Joi.number().integer(),
    }).description('A message published to a queue of its own, and its confirm.'),
    results: part,
    submissions: part,
    events: part,
    api_keys: part.description('Keys in Redis: not ready until they were read once.'),
    brokers: Joi.object()
      .pattern(
        Joi.string(),
        Joi.object({
          ready: Joi.boolean().required(),
          status: Joi.string()
            .valid(...BROKER_STATUSES)
            .required(),
          state: Joi.string(),
          last_error: Joi.string(),
        }),
      )
      .description('Further brokers, by name. They do not decide: `status` is that of the default one.'),
  }),
);
