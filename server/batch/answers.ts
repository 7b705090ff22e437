import Joi from 'joi';
import { named } from '../http/named-schema';
import { partProblemSchema as problem } from '../http/problem-schema';

const outcome = {
  task_id: Joi.string().description('The task is on its queue.'),
  deduplicated: Joi.valid(true).description('The task of an earlier submission: nothing was sent.'),
  problem,
};

/** The answer of `POST /rabbitmq/tasks/batch`. */
export const batchAnswerSchema = named(
  'BatchAnswer',
  Joi.object({
    accepted: Joi.number().integer().required(),
    refused: Joi.number().integer().required(),
    results: Joi.array()
      .items(Joi.object(outcome).xor('task_id', 'problem'))
      .required()
      .description('One for each task, in their order.'),
  }),
);

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
