import Joi from 'joi';
import { named } from '../http/named-schema';
import { historyKeys } from '../tasks';

const text = Joi.string().allow(null, '').required();
const time = Joi.string().isoDate().allow(null).required().description('UTC.');

const row = named(
  'TaskRow',
  Joi.object({
    task_id: Joi.string().required(),
    task_name: text,
    queue: text,
    worker: text,
    retries: Joi.number().integer().allow(null).required(),
    started_at: time,
    done_at: time,
    result_text: text.description('The result as text, cut.'),
    error_text: text.description('The last exception as text, cut.'),
    ...historyKeys,
  }),
);

const counts = Joi.array().items(
  named(
    'FacetCount',
    Joi.object({ value: Joi.string().allow(null, '').required(), count: Joi.number().integer().required() }),
  ),
);

/** The answer of `GET /rabbitmq/tasks`. */
export const listSchema = Joi.object({
  items: Joi.array().items(row).required(),
  next_cursor: Joi.string().allow(null).required().description('Of the next page; null on the last one.'),
  facets: Joi.object({
    total: Joi.number().integer().required(),
    state: counts,
    name: counts,
    worker: counts,
    queue: counts,
  }).description('Of all matching tasks; the hundred most frequent values of each.'),
});

/** The data of an event of `/rabbitmq/events` and `/rabbitmq/tasks/{task_id}/events`. */
export const eventSchema = named(
  'TaskEvent',
  Joi.object({
    type: Joi.string().required(),
    time,
    task_id: Joi.string(),
    state: Joi.string().description('Right after this event.'),
    task: row.allow(null).description('As it is now; null where the history no longer has it.'),
    worker: Joi.string().description('Nodename, with `worker-*` events.'),
    data: Joi.any().description('With `task-progress`: what the task reported.'),
  }),
);

/** The answer of `GET /rabbitmq/tasks/{task_id}/logs`. */
export const logsSchema = Joi.object({
  task_id: Joi.string().required(),
  items: Joi.array()
    .items(
      Joi.object({
        time,
        level: Joi.string().valid('debug', 'info', 'warn', 'error').required(),
        message: Joi.string().allow('').required(),
        worker: Joi.string().allow('').required().description('Nodename.'),
        fields: Joi.any().required().description('What was logged besides the message.'),
      }),
    )
    .required(),
  truncated: Joi.boolean().required().description('There were earlier lines.'),
});
