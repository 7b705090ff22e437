import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';
import { callbackUrl, signatureSchema, taskFields } from '../tasks';
import type { WorkflowBody } from './node-body';

const id = taskFields.task_id;
const { root_id: _root, parent_id: _parent, retries: _retries, ...ownFields } = taskFields;

/** Parts do not end for anybody but the workflow. */
const toldOf = {
  callback_url: callbackUrl
    .custom((url: string, { state, message }) =>
      (state.path?.length ?? 0) > 1 ? message({ custom: '{{#label}} is for the whole workflow only' }) : url,
    )
    .description(
      'Of the whole workflow, not of a part: told once, by a signed POST, when it has ended (WEBHOOKS_CALLBACK_SECRETS).',
    ),
};

const options = named(
  'WorkflowOptions',
  named(
    'WorkflowOptions',
    Joi.object({
      queue: taskFields.queue,
      priority: taskFields.priority,
      expires: taskFields.expires,
      time_limit: taskFields.time_limit,
      soft_time_limit: taskFields.soft_time_limit,
    }).description('For the tasks in it that do not say otherwise.'),
  ),
);

const kind = (...types: readonly string[]) =>
  Joi.string()
    .valid(...types)
    .required();
const nodes = Joi.array().items(Joi.link('#node')).min(1).required();
const mapped = {
  task: Joi.link('#signature').required().description('Called for each item.'),
  options,
  ...toldOf,
};

const task = Joi.object({
  type: kind('task'),
  ...ownFields,
  ...toldOf,
  immutable: Joi.boolean().description('The result before it is not put before its arguments.'),
})
  .oxor('countdown', 'eta')
  .oxor('queue', 'exchange');

const chain = Joi.object({
  type: kind('chain'),
  tasks: nodes.description('In the order they run.'),
  options,
  ...toldOf,
});
const group = Joi.object({
  type: kind('group'),
  tasks: nodes.description('They run side by side.'),
  options,
  ...toldOf,
});
const chord = Joi.object({
  type: kind('chord'),
  header: nodes.description('They run side by side.'),
  body: Joi.link('#node').required().description('Receives the list of their results.'),
  options,
  ...toldOf,
});
const map = Joi.object({
  type: kind('map'),
  ...mapped,
  items: Joi.array().required().description('One argument each.'),
  task_id: id,
});
const starmap = Joi.object({
  type: kind('starmap'),
  ...mapped,
  items: Joi.array().items(Joi.array()).required().description('All arguments of one call each.'),
  task_id: id,
});
const chunks = Joi.object({
  type: kind('chunks'),
  ...mapped,
  items: Joi.array().items(Joi.array()).min(1).required().description('All arguments of one call each.'),
  size: Joi.number().integer().min(1).max(1_000_000).required().description('Calls made by one message.'),
});

const BY_TYPE = { task, chain, group, chord, map, starmap, chunks } as const;

/** By its type: so a problem is told at the field that has it, however deep. */
const node = Joi.alternatives()
  .conditional('.type', {
    switch: Object.entries(BY_TYPE).map(([is, then]) => ({ is, then })),
    otherwise: Joi.object({ type: kind(...Object.keys(BY_TYPE)) }).unknown(),
  })
  .id('node');

export const workflowSchema = prepared<WorkflowBody>(
  Joi.link('#node')
    .required()
    .shared(node)
    .shared(signatureSchema) as unknown as Joi.ObjectSchema<WorkflowBody>,
);

/** The path parameter of a workflow's routes. */
export const workflowIdSchema = preparedQuery<{ readonly workflow_id: string }>(
  Joi.object<{ readonly workflow_id: string }>({
    workflow_id: id.required().description('Of the workflow.'),
  }),
);
