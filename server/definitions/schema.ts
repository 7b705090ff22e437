import Joi from 'joi';
import { bindingSchema } from '../bindings';
import { declareExchangeSchema } from '../exchanges';
import { prepared, preparedQuery } from '../http/validation';
import { policySchema } from '../policies';
import { declareSchema } from '../queues';
import type { Definitions } from './document';

/** Items of one kind in a document. */
const MAX_ITEMS = 5000;

const name = Joi.string().allow('').max(255);
const vhost = Joi.string().max(255).description('Where it belongs, in the document of a whole broker.');
const flag = (value: boolean) => Joi.boolean().default(value);
const list = (fields: Joi.SchemaMap) => Joi.array().items(Joi.object(fields)).max(MAX_ITEMS).default([]);

/** What is in arguments and settings is held to what the single routes take. */
export const definitionsSchema = prepared<Definitions>(
  Joi.object<Definitions>({
    queues: list({
      name: name.required(),
      vhost,
      type: Joi.string().max(64).description('Where the arguments do not tell it.'),
      durable: flag(true),
      auto_delete: flag(false),
      arguments: declareSchema.extract('arguments').default({}),
    }),
    exchanges: list({
      name: name.required(),
      vhost,
      type: declareExchangeSchema.extract('type'),
      durable: flag(true),
      auto_delete: flag(false),
      internal: flag(false),
      arguments: declareExchangeSchema.extract('arguments').default({}),
    }),
    bindings: list({
      source: name.required(),
      vhost,
      destination: name.required(),
      destination_type: bindingSchema.extract('destination_type'),
      routing_key: bindingSchema.extract('routing_key'),
      arguments: bindingSchema.extract('arguments').default({}),
    }),
    policies: list({
      name: Joi.string().min(1).max(255).required(),
      vhost,
      pattern: policySchema.extract('pattern'),
      // Beyond those of the single route: newer brokers have them, and write them.
      'apply-to': Joi.string()
        .valid('all', 'queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges')
        .default('all'),
      priority: policySchema.extract('priority'),
      definition: policySchema.extract('definition'),
    }),
  })
    .unknown()
    .required(),
);

export interface ImportQuery {
  readonly dry_run: boolean;
  readonly vhost?: string;
}

export const importQuerySchema = preparedQuery<ImportQuery>(
  Joi.object<ImportQuery>({
    dry_run: Joi.boolean().default(false).description('Only tell what would be declared.'),
    vhost: Joi.string()
      .min(1)
      .max(255)
      .description("The one of the document's virtual hosts that is meant; needed where it has several."),
  }),
);
