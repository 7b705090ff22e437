import Joi from 'joi';
import { named } from '../http/named-schema';

const time = Joi.string().isoDate().allow(null).required();
const number = Joi.number().allow(null).required();
const text = Joi.string().allow(null, '').required();
const names = Joi.array().items(Joi.string()).required();

const listed = {
  hostname: Joi.string().required().description('Its node name.'),
  online: Joi.boolean().required().description('It answered, or its heartbeats are not late.'),
  last_heartbeat_at: time.description('Last event of it.'),
  pid: number,
  active_count: number.description('Tasks that run, by its last heartbeat.'),
  processed_count: number.description('Tasks it has run since it started.'),
  load_average: Joi.array().items(Joi.number()).allow(null).required().description('1, 5 and 15 minutes.'),
  software: text.description('`py-celery`, or what it says.'),
  software_version: text,
  system: text,
};

/** The answer of `GET /rabbitmq/workers`. */
export const workersSchema = Joi.object({
  workers: Joi.array()
    .items(
      Joi.object({
        ...listed,
        details: Joi.object()
          .pattern(Joi.string(), Joi.any())
          .required()
          .description('What was asked for with `include`, as the worker told it.'),
      }),
    )
    .required(),
  no_reply: names.description('Online by their heartbeats, but they did not answer.'),
});

/** The answer of `GET /rabbitmq/workers/{hostname}`. */
export const workerSchema = Joi.object({
  ...listed,
  stats: Joi.any().required(),
  active: Joi.any().required(),
  reserved: Joi.any().required(),
  scheduled: Joi.any().required(),
  revoked: Joi.any().required(),
  registered: Joi.any().required(),
  active_queues: Joi.any().required(),
  conf: Joi.any().required().description('Settings that are not at their default, secrets masked.'),
  report: Joi.any().required(),
  clock: Joi.any().required().description('Its logical clock.'),
  unanswered: names.description('Inspections without an answer; their members are null.'),
  truncated: names.description('Lists that were cut to 1000 items.'),
});

/** The answer of each command. */
export const outcomesSchema = named(
  'WorkerOutcomes',
  Joi.object({
    command: Joi.string().required(),
    outcomes: Joi.array()
      .items(
        Joi.object({
          worker: Joi.string().required(),
          status: Joi.string().valid('ok', 'refused', 'no_reply', 'sent').required(),
          message: text.description('As the worker said it.'),
        }),
      )
      .required(),
    no_reply: names,
  }),
);

/** The answer of `GET /rabbitmq/workers/tasks`. */
export const queriedSchema = Joi.object({
  tasks: Joi.array()
    .items(
      Joi.object({
        task_id: Joi.string().required(),
        worker: Joi.string().required(),
        state: Joi.string().required().description('active, reserved, scheduled or ready.'),
        info: Joi.any().required().description('As the worker shows it.'),
      }),
    )
    .required(),
  not_found: names.description('Ids that no worker has.'),
  no_reply: names,
});
