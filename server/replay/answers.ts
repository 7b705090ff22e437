import Joi from 'joi';
import { named } from '../http/named-schema';

/** The answer of `POST /rabbitmq/tasks/{task_id}/retry`. */
export const replayedSchema = Joi.object({
  task_id: Joi.string().required().description('Of the new task.'),
  replay_of: Joi.string().required().description('The task it repeats.'),
  status: Joi.string().valid('PENDING').required(),
});

import { partProblemSchema as problem } from '../http/problem-schema';

/** The answer of `POST /rabbitmq/tasks/retry`. */
export const bulkReplayedSchema = named(
  'Replays',
  Joi.object({
    dry_run: Joi.boolean().required(),
    count: Joi.number().integer().required().description('Tasks that were selected.'),
    accepted: Joi.number().integer().required(),
    refused: Joi.number().integer().required(),
    results: Joi.array()
      .items(Joi.object({ replay_of: Joi.string().required(), task_id: Joi.string(), problem }))
      .required()
      .description('One for each; of a dry run only the ids.'),
  }),
);
