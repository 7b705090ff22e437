import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';

/** The body of `POST /rabbitmq/bindings/bind` and `/unbind`. */
export interface BindingBody {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly arguments?: Readonly<Record<string, string | number | boolean>>;
}

const name = Joi.string().min(1).max(255);

const fields = {
  source: name.required().description('Exchange the messages come from.'),
  destination: name.required(),
  destination_type: Joi.string().valid('queue', 'exchange').default('queue'),
  routing_key: Joi.string().allow('').max(255).default(''),
  arguments: Joi.object()
    .pattern(
      Joi.string().max(128),
      Joi.alternatives(Joi.string().allow('').max(1024), Joi.number(), Joi.boolean()),
    )
    .description('Of an exchange of type headers.'),
};

export const bindingSchema = named(
  'BindingRequest',
  prepared<BindingBody>(Joi.object<BindingBody>(fields).required()),
);

/** The answer: the binding itself. */
export const boundSchema = named(
  'Binding',
  Joi.object({
    source: Joi.string().required(),
    destination: Joi.string().required(),
    destination_type: Joi.string().required(),
    routing_key: Joi.string().allow('').required(),
    arguments: Joi.object().required(),
  }),
);

export const bindingListSchema = Joi.object({ items: Joi.array().items(boundSchema).required() });

export interface BindingQuery {
  readonly source?: string;
  readonly destination?: string;
}

export const bindingQuerySchema = preparedQuery<BindingQuery>(
  Joi.object<BindingQuery>({ source: name, destination: name }),
);
