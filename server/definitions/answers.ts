import Joi from 'joi';
import { named } from '../http/named-schema';

const text = Joi.string().required();
const anyText = Joi.string().allow('').required();
const flag = Joi.boolean().required();
const fields = Joi.object().required();
const list = (schemaName: string, item: Joi.SchemaMap) =>
  Joi.array()
    .items(named(schemaName, Joi.object(item)))
    .required();

/** As RabbitMQ's own definitions file of a virtual host. */
export const exportedSchema = named(
  'Definitions',
  Joi.object({
    queues: list('DefinedQueue', { name: text, durable: flag, auto_delete: flag, arguments: fields }),
    exchanges: list('DefinedExchange', {
      name: text,
      type: text,
      durable: flag,
      auto_delete: flag,
      internal: flag,
      arguments: fields,
    }),
    bindings: list('DefinedBinding', {
      source: text,
      destination: text,
      destination_type: Joi.string().valid('queue', 'exchange').required(),
      routing_key: anyText,
      arguments: fields,
    }),
    policies: list('DefinedPolicy', {
      name: text,
      pattern: anyText,
      'apply-to': text,
      priority: Joi.number().integer().required(),
      definition: fields,
    }),
  }),
);

const count = Joi.number().integer().required();
const counts = named(
  'DefinitionCounts',
  Joi.object({ queues: count, exchanges: count, bindings: count, policies: count }).required(),
);
const pointer = text.description('Into the document, such as /queues/3.');

export const importedSchema = Joi.object({
  dry_run: flag.description('Nothing was changed, only told.'),
  declared: counts.description('New ones.'),
  existing: counts.description(
    'Those that were there: the same, or replaced where they are policies. Bindings and policies are known with the management API only.',
  ),
  ignored: Joi.array()
    .items(Joi.object({ pointer, detail: text }))
    .required()
    .description('What is not imported here: users, permissions and the like, internal names.'),
  problems: list('DefinitionProblem', { pointer, code: text, detail: text }).description(
    'What was refused, item by item; all others are there.',
  ),
});
