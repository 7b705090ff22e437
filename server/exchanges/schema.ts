import Joi from 'joi';
import { prepared, preparedQuery } from '../http/validation';

/** The body of `POST /rabbitmq/exchanges/declare`. */
export interface DeclareExchangeBody {
  readonly exchange: string;
  readonly type: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly internal: boolean;
  readonly alternate_exchange?: string;
  readonly arguments?: Readonly<Record<string, string | number | boolean>>;
}

const name = Joi.string().min(1).max(255);

export const declareExchangeSchema = prepared<DeclareExchangeBody>(
  Joi.object<DeclareExchangeBody>({
    exchange: name.required(),
    type: Joi.string()
      .pattern(/^[a-z][a-z0-9-]{0,63}$/, 'exchange type')
      .default('direct')
      .description('direct, topic, fanout, headers, or the type of a plugin.'),
    durable: Joi.boolean().default(true).description('Survives a restart of the broker.'),
    auto_delete: Joi.boolean().default(false).description('Deleted with its last binding.'),
    internal: Joi.boolean().default(false).description('Takes messages from other exchanges only.'),
    alternate_exchange: name.description('Where messages go that match no binding.'),
    arguments: Joi.object().pattern(
      /^[a-z][a-z0-9-]{0,60}$/,
      Joi.alternatives(Joi.string().max(1024), Joi.number(), Joi.boolean()),
    ),
  }).required(),
);

export const exchangeNameSchema = preparedQuery<{ readonly exchange: string }>(
  Joi.object<{ readonly exchange: string }>({ exchange: name.required() }),
);

export const deleteExchangeQuerySchema = preparedQuery<{ readonly if_unused: boolean }>(
  Joi.object<{ readonly if_unused: boolean }>({
    if_unused: Joi.boolean().default(false).description('Not while it has bindings.'),
  }),
);
