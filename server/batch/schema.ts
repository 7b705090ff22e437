import Joi from 'joi';
import { prepared } from '../http/validation';
import { taskSchema } from '../tasks';

/** The body of `POST /rabbitmq/tasks/batch`, its tasks not looked at yet. */
export interface BatchBody {
  readonly tasks: readonly unknown[];
  readonly atomic: boolean;
}

const fields = {
  atomic: Joi.boolean()
    .default(false)
    .description('All tasks are checked before the first is sent; one that would be refused refuses all.'),
};

/** The frame of a batch; each task is validated by itself, so that one mistake is one task's. */
export const batchSchema = prepared<BatchBody>(
  Joi.object<BatchBody>({ tasks: Joi.array().min(1).required(), ...fields }).required(),
);

/** A batch as a whole, for the documentation. */
export const documentedBatchSchema = Joi.object({
  tasks: Joi.array().items(taskSchema).min(1).required().description('Each as for a single submission.'),
  ...fields,
}).required();
