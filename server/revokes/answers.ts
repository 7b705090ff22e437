import Joi from 'joi';
import { named } from '../http/named-schema';

const workers = Joi.array().items(Joi.string()).required();

const refusal = named(
  'WorkerRefusal',
  Joi.object({ worker: Joi.string().required(), reason: Joi.string().allow('').required() }),
);

const outcome = {
  acknowledged: workers.description('Workers that took the revoke.'),
  refused: Joi.array().items(refusal).required(),
  no_reply: workers.description('Workers known to be online that did not answer.'),
  tombstone: Joi.object({ expires_at: Joi.string().isoDate().required() })
    .allow(null)
    .required()
    .description('Until when workers that come online are told; null where the broker keeps no streams.'),
  detail: Joi.string(),
};

/** The answer of `DELETE /rabbitmq/tasks/{task_id}`. */
export const revokedSchema = Joi.object({ task_id: Joi.string().required(), ...outcome });

/** The answer of `POST /rabbitmq/tasks/revoke`. */
export const bulkRevokedSchema = Joi.object({
  dry_run: Joi.boolean().required(),
  count: Joi.number()
    .integer()
    .allow(null)
    .required()
    .description('Tasks meant; null for stamps, which also mean tasks to come.'),
  task_ids: Joi.array().items(Joi.string()).required().description('The first 1000 of them.'),
  truncated: Joi.boolean().required(),
  ...outcome,
});
