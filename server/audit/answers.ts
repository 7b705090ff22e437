import Joi from 'joi';
import { OUTCOMES } from './audit-entry';

const text = Joi.string().allow(null, '').required();
const hash = Joi.string()
  .pattern(/^[0-9a-f]{64}$/)
  .required();

const record = Joi.object({
  seq: Joi.number().integer().required(),
  at: Joi.string().isoDate().required().description('UTC.'),
  request_id: Joi.string().required(),
  key_id: text.description('Null: no valid key was given.'),
  tenant: text,
  address: text,
  operation: Joi.string().required(),
  method: Joi.string().required(),
  route: Joi.string().required(),
  target: Joi.object().pattern(Joi.string(), Joi.string().allow('')).required(),
  reason: text.description('What the caller said in `X-Reason`.'),
  outcome: Joi.string()
    .valid(...OUTCOMES)
    .required(),
  status: Joi.number().integer().allow(null).required(),
  code: text.description('Of the problem, where there was one.'),
  counts: Joi.object()
    .pattern(Joi.string(), Joi.number())
    .required()
    .description('Numbers of the answer, such as how many messages were purged.'),
  prev: hash.description('Hash of the record before.'),
  hash,
});

/** The answer of `GET /rabbitmq/audit`. */
export const auditSchema = Joi.object({
  items: Joi.array().items(record).required().description('The newest first.'),
  next_before: Joi.number()
    .integer()
    .allow(null)
    .required()
    .description('`before` of the next page; null on the last.'),
});
