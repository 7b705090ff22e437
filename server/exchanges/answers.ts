import Joi from 'joi';
import { named } from '../http/named-schema';
import { ratesSchema, sourceSchema } from '../queues';

const flag = Joi.boolean().allow(null).required();

/** An exchange, as far as it can be told. */
export const exchangeSchema = named(
  'Exchange',
  Joi.object({
    source: sourceSchema,
    exchange: Joi.string().required(),
    type: Joi.string().allow(null).required(),
    durable: flag,
    auto_delete: flag,
    internal: flag,
    arguments: Joi.object().allow(null).required(),
    policy: Joi.string().allow(null).required(),
    rates: ratesSchema,
  }),
);

export const exchangeListSchema = Joi.object({
  source: sourceSchema,
  complete: Joi.boolean()
    .required()
    .description('False: only those of every virtual host, and those declared through this gateway process.'),
  total: Joi.number().integer().required(),
  items: Joi.array().items(exchangeSchema).required(),
});

export const declaredExchangeSchema = Joi.object({
  exchange: Joi.string().required(),
  type: Joi.string().required(),
});

export const deletedExchangeSchema = Joi.object({ deleted: Joi.boolean().required() });
