import Joi from 'joi';
import { named } from './named-schema';

/** The problem of one part of a request that had several (RFC 9457). */
export const partProblemSchema = named(
  'PartProblem',
  Joi.object({
    type: Joi.string().required(),
    title: Joi.string().required(),
    status: Joi.number().integer().required(),
    detail: Joi.string().allow('').required(),
    code: Joi.string().required(),
    instance: Joi.string().required().description('The part of the request.'),
    requestId: Joi.string().required(),
    errors: Joi.array().items(
      Joi.object({ pointer: Joi.string().allow('').required(), detail: Joi.string().required() }),
    ),
    task_id: Joi.string().description(
      'Where it is not known whether the task was queued: repeat with this id.',
    ),
  }).description('Why this part was refused (RFC 9457).'),
);
