import Joi from 'joi';

const problem = Joi.object({
  type: Joi.string().required(),
  title: Joi.string().required(),
  status: Joi.number().integer().required(),
  detail: Joi.string().allow('').required(),
  code: Joi.string().required(),
  instance: Joi.string().required().description('The task in the request.'),
  requestId: Joi.string().required(),
  errors: Joi.array().items(
    Joi.object({ pointer: Joi.string().allow('').required(), detail: Joi.string().required() }),
  ),
  task_id: Joi.string().description(
    'Where it is not known whether the task was queued: repeat with this id.',
  ),
}).description('Why the task was not accepted (RFC 9457).');

const outcome = {
  task_id: Joi.string().description('The task is on its queue.'),
  deduplicated: Joi.valid(true).description('The task of an earlier submission: nothing was sent.'),
  problem,
};

/** The answer of `POST /rabbitmq/tasks/batch`. */
export const batchAnswerSchema = Joi.object({
  accepted: Joi.number().integer().required(),
  refused: Joi.number().integer().required(),
  results: Joi.array()
    .items(Joi.object(outcome).xor('task_id', 'problem'))
    .required()
    .description('One for each task, in their order.'),
});

/** One line of the answer to a batch as NDJSON; the last one sums up. */
export const batchLineSchema = Joi.object({
  line: Joi.number().integer().description('Of the request, from 1.'),
  ...outcome,
  summary: Joi.object({
    accepted: Joi.number().integer().required(),
    refused: Joi.number().integer().required(),
    complete: Joi.boolean().required().description('False: the gateway stopped reading; `problem` says why.'),
    problem,
  }),
});
