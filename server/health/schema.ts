import Joi from 'joi';

/** The answer of `GET /health/live`. */
export const livenessSchema = Joi.object({ status: Joi.string().valid('live').required() });

const part = Joi.object({
  ready: Joi.boolean().required(),
  kind: Joi.string().required().description('Where it is kept.'),
  detail: Joi.string().description('Why it is not ready, or what a fallback costs.'),
});

/** The answer of `GET /health/ready`. */
export const readinessSchema = Joi.object({
  status: Joi.string().valid('ready', 'not_ready', 'stopping', 'messaging_disabled').required(),
  messaging: Joi.string().valid('enabled', 'disabled').required(),
  broker: Joi.object({
    state: Joi.string().required(),
    server_version: Joi.string(),
    last_error: Joi.string().description('Code of the last failure.'),
    publishes_in_flight: Joi.number().integer().required(),
  }),
  results: part,
  submissions: part,
  events: part,
});
