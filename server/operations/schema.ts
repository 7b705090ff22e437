import Joi from 'joi';
import { named } from '../http/named-schema';
import { preparedQuery } from '../http/validation';

export const operationIdSchema = preparedQuery<{ readonly operation_id: string }>(
  Joi.object<{ readonly operation_id: string }>({ operation_id: Joi.string().max(160).required() }),
);

/** The query of a route that begins an operation. */
export interface WaitQuery {
  readonly wait: number;
}

export const waitQuerySchema = preparedQuery<WaitQuery>(
  Joi.object<WaitQuery>({
    wait: Joi.number()
      .min(0)
      .max(60)
      .default(5)
      .description('Seconds to wait for the end: 200 when it came, else 202 with `Location`.'),
  }),
);

const count = Joi.number().integer().min(0).required();
const texts = Joi.array().items(Joi.string()).required();

/** An operation, ended or not. */
export const operationSchema = named(
  'Operation',
  Joi.object({
    operation_id: Joi.string().required().description('Ends with the name of the gateway that runs it.'),
    kind: Joi.string().required().description('`move`, `copy`, `purge`, `replay`, `discard`, …'),
    queue_name: Joi.string().required(),
    dry_run: Joi.boolean().required().description('Nothing is changed, only counted.'),
    state: Joi.string().valid('RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED').required(),
    progress: Joi.object({
      scanned: count.description('Messages looked at.'),
      matched: count.description('Messages chosen by the filter.'),
      done: count.description('Messages that were dealt with.'),
      skipped: count.description('Chosen, and left by the loop guard.'),
      failed: count.description('Chosen, and left because it could not be done.'),
      in_doubt: count.description('Done, and perhaps still in the queue as well: the link broke in between.'),
      total: Joi.number()
        .integer()
        .allow(null)
        .required()
        .description('Messages that waited at the beginning.'),
    }).required(),
    notes: texts,
    problems: texts.description('The first failures of single messages.'),
    error: Joi.object({ code: Joi.string().required(), detail: Joi.string().required() })
      .allow(null)
      .required(),
    started_at: Joi.string().isoDate().required(),
    ended_at: Joi.string().isoDate().allow(null).required(),
  }),
);

export const operationListSchema = Joi.object({ items: Joi.array().items(operationSchema).required() });
