import Joi from 'joi';
import { prepared } from '../http/validation';
import { type RevokeFilter, taskFilterSchema } from '../revokes';
import { type SubmitBody, taskFields } from '../tasks';

/** What may differ from the original, as a submission spells it. */
const EDITABLE = [
  'queue',
  'exchange',
  'routing_key',
  'priority',
  'countdown',
  'eta',
  'expires',
  'time_limit',
  'soft_time_limit',
  'ignore_result',
] as const;

export interface ReplayEditsBody extends Pick<SubmitBody, (typeof EDITABLE)[number]> {
  readonly force: boolean;
}

/** The body of `POST /rabbitmq/tasks/{task_id}/retry`. */
export interface ReplayBody extends ReplayEditsBody {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly task_id?: string;
}

/** The body of `POST /rabbitmq/tasks/retry`. */
export interface BulkReplayBody extends ReplayEditsBody {
  readonly task_ids?: readonly string[];
  readonly filter?: RevokeFilter;
  readonly dry_run: boolean;
  readonly limit?: number;
}

const { args, kwargs, task_id } = taskFields;

const edits = {
  ...Object.fromEntries(EDITABLE.map((name) => [name, taskFields[name]])),
  force: Joi.boolean()
    .default(false)
    .description('Also where it is not known to be finished: it may run twice.'),
};

export const replaySchema = prepared<ReplayBody>(
  Joi.object<ReplayBody>({ args, kwargs, task_id, ...edits })
    .required()
    .oxor('countdown', 'eta')
    .oxor('queue', 'exchange'),
);

/** @param maxTasks REPLAY_MAX_TASKS. */
export const bulkReplaySchema = (maxTasks: number) =>
  prepared<BulkReplayBody>(
    Joi.object<BulkReplayBody>({
      task_ids: Joi.array().items(Joi.string().min(1).max(255)).min(1).max(maxTasks).unique(),
      filter: taskFilterSchema.description('Finished tasks that match all of this.'),
      dry_run: Joi.boolean().default(false).description('Only tell which tasks would be submitted again.'),
      limit: Joi.number()
        .integer()
        .min(1)
        .max(maxTasks)
        .description('Most tasks that a filter may select; the request is refused when it selects more.'),
      ...edits,
    })
      .required()
      .xor('task_ids', 'filter')
      .oxor('countdown', 'eta')
      .oxor('queue', 'exchange'),
  );
