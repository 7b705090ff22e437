import Joi from 'joi';
import { preparedQuery } from '../http/validation';
import { OUTCOMES, type Outcome } from './audit-entry';

/** The query of `GET /rabbitmq/audit`. */
export interface AuditQuery {
  readonly limit: number;
  readonly before?: number;
  readonly key_id?: string;
  readonly operation?: string;
  readonly outcome?: Outcome;
  readonly target?: string;
}

export const auditQuerySchema = preparedQuery<AuditQuery>(
  Joi.object<AuditQuery>({
    limit: Joi.number().integer().min(1).max(500).default(100),
    before: Joi.number().integer().min(1).description('Only records with a smaller `seq`: the next page.'),
    key_id: Joi.string().max(255).description('Only what this key did.'),
    operation: Joi.string().max(64).description('Only this operation, such as purgeQueue.'),
    outcome: Joi.string().valid(...OUTCOMES),
    target: Joi.string().max(256).description('Only what was done to this queue, task, worker or key.'),
  }),
);
