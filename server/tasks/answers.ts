import Joi from 'joi';
import { named } from '../http/named-schema';
import { historyKeys } from './answers-history';

const text = Joi.string().allow(null).required();
const time = Joi.string().isoDate().allow(null).required().description('UTC.');

/** The answer of `POST /rabbitmq/tasks/submit`. */
export const submittedSchema = named(
  'Submitted',
  Joi.object({
    task_id: Joi.string().required(),
    status: Joi.string().valid('PENDING').required(),
    result: Joi.valid(null).required(),
    error: Joi.valid(null).required(),
    deduplicated: Joi.valid(true).description('The task of an earlier submission: nothing was sent.'),
  }),
);

const failure = named(
  'TaskFailure',
  Joi.object({
    type: Joi.string().required().description('Class of the exception.'),
    message: Joi.string().allow('').required(),
    module: text,
    traceback: Joi.string().allow(null, '').required(),
  }),
);

/** The answer of `GET /rabbitmq/tasks/{task_id}`. */
export const statusSchema = Joi.object({
  task_id: Joi.string().required(),
  status: Joi.string().required().description('A state of Celery, or a custom one.'),
  result: Joi.any().required(),
  error: failure.allow(null).required(),
  worker: text.description('Nodename of the worker that has it or ran it.'),
  task_name: text,
  queue: text,
  retries: Joi.number().integer().allow(null).required(),
  submitted_at: time,
  started_at: time,
  done_at: time,
  ...historyKeys,
  children: Joi.array()
    .items(Joi.string())
    .required()
    .description('Tasks it sent, as far as they are known.'),
  traceback: Joi.string().allow(null, '').required().description('As in `error`.'),
});

const workers = Joi.array().items(Joi.string()).required();

const activeTask = Joi.object({
  task_id: Joi.any(),
  task_name: Joi.any(),
  args: Joi.any(),
  kwargs: Joi.any(),
  started_at: time,
  worker_pid: Joi.any(),
  delivery_info: Joi.any(),
});

/** The answer of `GET /rabbitmq/tasks/active`. */
export const activeSchema = Joi.object({
  workers: Joi.object()
    .pattern(
      Joi.string(),
      Joi.object({
        tasks: Joi.array().items(activeTask).required(),
        truncated: Joi.boolean().required(),
        error: Joi.string().allow(''),
      }),
    )
    .required(),
  no_reply: workers,
});
