import Joi from 'joi';
import { named } from '../http/named-schema';
import { ROLES, SCOPES } from '../security/scopes';

const time = Joi.string().isoDate().allow(null).required();
const names = Joi.array().items(Joi.string()).allow(null).required();

const members = {
  id: Joi.string().required(),
  env: Joi.string().allow(null).required(),
  description: Joi.string().allow(null).required(),
  role: Joi.string()
    .valid(...ROLES)
    .allow(null)
    .required(),
  scopes: Joi.array()
    .items(Joi.string().valid(...SCOPES))
    .required()
    .description('All that it may do, those of its role included.'),
  tenant: Joi.string().allow(null).required(),
  tasks: names.description('Null: all.'),
  queues: names.description('Null: all.'),
  created_at: time,
  not_before: time,
  expires_at: time,
  revoked_at: time,
  old_secret_expires_at: time.description('While a rotation overlaps: when the old secret ends.'),
};

/** The answer of `DELETE /rabbitmq/keys/{key_id}`. */
export const keySchema = Joi.object(members);

/** The answer of `GET /rabbitmq/keys`. */
export const keysSchema = Joi.object({
  items: Joi.array()
    .items(
      Joi.object({
        ...members,
        last_used_at: time.description('Since this gateway started.'),
        managed: Joi.boolean()
          .required()
          .description('Kept in the key file, so that it can be changed here.'),
      }),
    )
    .required(),
});

/** The answer of creating and rotating. */
export const issuedKeySchema = named(
  'IssuedKey',
  Joi.object({
    ...members,
    key: Joi.string().required().description('The key itself, shown only now.'),
  }),
);
