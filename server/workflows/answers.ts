import Joi from 'joi';
import { named } from '../http/named-schema';
import { bulkRevokedSchema } from '../revokes';
import { statusSchema } from '../tasks';

const status = Joi.string().required().description('A state of Celery, or a custom one of a task.');
const error = statusSchema.extract('error');
const time = Joi.string().isoDate().allow(null).required().description('UTC.');

const graphNode = Joi.object({
  type: Joi.string().valid('task', 'map', 'starmap', 'chain', 'group', 'chunks', 'chord').required(),
  status,
  task_id: Joi.string().description('Of a task or a map.'),
  task_name: Joi.string(),
  result: Joi.any(),
  error,
  tasks: Joi.array().items(Joi.link('#graphNode')).description('Of a chain, a group or chunks.'),
  header: Joi.array().items(Joi.link('#graphNode')).description('Of a chord.'),
  body: Joi.link('#graphNode').description('Of a chord.'),
})
  .fork('error', (schema) => schema.optional())
  .id('graphNode');

/** The answer of every route that tells how a workflow is. */
export const workflowStatusSchema = named(
  'Workflow',
  Joi.object({
    workflow_id: Joi.string().required(),
    status: status.description('What its tasks add up to.'),
    done: Joi.boolean().required().description('Nothing more will happen in it.'),
    result: Joi.any()
      .required()
      .description('Of the last step; a list for a group. Null until all have succeeded.'),
    error: error.description('Of the first task in the graph that failed.'),
    created_at: time,
    canceled_at: time,
    retries: Joi.number().integer().required(),
    graph: Joi.link('#graphNode').required(),
  }).shared(graphNode),
);

/** The answer of `DELETE /rabbitmq/workflows/{workflow_id}`. */
export const canceledSchema = bulkRevokedSchema.keys({ workflow_id: Joi.string().required() });
