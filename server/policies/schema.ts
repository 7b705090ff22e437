import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';

/** The body of `PUT /rabbitmq/policies/{policy_name}`. */
export interface PolicyBody {
  readonly pattern: string;
  readonly apply_to: 'queues' | 'exchanges' | 'all';
  readonly priority: number;
  readonly definition: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export const policySchema = prepared<PolicyBody>(
  Joi.object<PolicyBody>({
    pattern: Joi.string()
      .min(1)
      .max(1024)
      .required()
      .description('Regular expression for names, e.g. ^reports$.'),
    apply_to: Joi.string().valid('queues', 'exchanges', 'all').default('queues'),
    priority: Joi.number()
      .integer()
      .min(0)
      .max(1000)
      .default(0)
      .description('The highest that matches applies.'),
    definition: Joi.object()
      .pattern(
        /^[a-z][a-z0-9-]{0,60}$/,
        Joi.alternatives(
          Joi.string().allow('').max(1024),
          Joi.number(),
          Joi.boolean(),
          Joi.array().items(Joi.string().max(1024)).max(100),
        ),
      )
      .min(1)
      .required()
      .description('Such as message-ttl, max-length, dead-letter-exchange, delivery-limit.'),
  }).required(),
);

export const policyNameSchema = preparedQuery<{ readonly policy_name: string }>(
  Joi.object<{ readonly policy_name: string }>({ policy_name: Joi.string().min(1).max(255).required() }),
);

/** A policy as it stands. */
export const policyAnswerSchema = named(
  'Policy',
  Joi.object({
    policy_name: Joi.string().required(),
    pattern: Joi.string().required(),
    apply_to: Joi.string().required(),
    priority: Joi.number().integer().required(),
    definition: Joi.object().required(),
  }),
);

export const policyListSchema = Joi.object({ items: Joi.array().items(policyAnswerSchema).required() });

export const deletedPolicySchema = Joi.object({ deleted: Joi.boolean().required() });
