import Joi from 'joi';
import { momentSchema } from '../http/moment-schema';
import { prepared, preparedQuery } from '../http/validation';
import { ROLES, type Role, SCOPES, type Scope } from '../security/scopes';

/** The body of `POST /rabbitmq/keys`. */
export interface CreateKeyBody {
  readonly id?: string;
  readonly env: string;
  readonly description?: string;
  readonly role?: Role;
  readonly scopes?: readonly Scope[];
  readonly tenant?: string;
  readonly tasks?: readonly string[];
  readonly queues?: readonly string[];
  readonly not_before?: string;
  readonly expires_at?: string;
}

const keyId = Joi.string().pattern(/^[A-Za-z0-9]{1,32}$/, 'key id');
const globs = Joi.array()
  .items(Joi.string().pattern(/^[A-Za-z0-9_.:@/*-]{1,255}$/, 'glob'))
  .min(1)
  .max(100);

export const createKeySchema = prepared<CreateKeyBody>(
  Joi.object<CreateKeyBody>({
    id: keyId.description('Random when left out.'),
    env: Joi.string()
      .pattern(/^[a-z0-9]{1,16}$/, 'environment')
      .default('live')
      .description('Second part of the key, for people and scanners.'),
    description: Joi.string().max(200),
    role: Joi.string().valid(...ROLES),
    scopes: Joi.array()
      .items(Joi.string().valid(...SCOPES))
      .unique()
      .description('Scopes beyond those of the role.'),
    tenant: Joi.string()
      .pattern(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'tenant')
      .description('Sees and touches the tasks of this tenant only.'),
    tasks: globs.description('Task names or globs it is limited to.'),
    queues: globs.description('Queues or globs it is limited to.'),
    not_before: momentSchema.description('Not good before.'),
    expires_at: momentSchema.description('Not good from then on.'),
  })
    .required()
    .or('role', 'scopes'),
);

/** The path parameter of the key routes. */
export const keyIdSchema = preparedQuery<{ readonly key_id: string }>(
  Joi.object<{ readonly key_id: string }>({ key_id: keyId.required() }),
);

/** The body of `POST /rabbitmq/keys/{key_id}/rotate`. */
export interface RotateKeyBody {
  readonly overlap_seconds: number;
}

export const rotateKeySchema = prepared<RotateKeyBody>(
  Joi.object<RotateKeyBody>({
    overlap_seconds: Joi.number()
      .integer()
      .min(0)
      .max(31_536_000)
      .default(86_400)
      .description('How long the secret so far stays good.'),
  }).required(),
);
