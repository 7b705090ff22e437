import Joi from 'joi';
import { momentSchema } from '../http/moment-schema';
import { named } from '../http/named-schema';
import { prepared } from '../http/validation';

export { revokeQuerySchema, taskIdSchema } from '../tasks';

/** Signals a worker may be told to send to the process that runs the task. */
const SIGNALS = ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1'] as const;

/** Which tasks a bulk revoke means; texts as `GET /rabbitmq/tasks` takes them: `a,b*,!c`. */
export interface RevokeFilter {
  readonly state?: string;
  readonly name?: string;
  readonly worker?: string;
  readonly queue?: string;
  readonly tag?: string;
  readonly root_id?: string;
  readonly group_id?: string;
  readonly queued_after?: string;
  readonly queued_before?: string;
}

/** The body of `POST /rabbitmq/tasks/revoke`. */
export interface BulkRevokeBody {
  readonly task_ids?: readonly string[];
  readonly stamped_headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly filter?: RevokeFilter;
  readonly terminate: boolean;
  readonly signal: (typeof SIGNALS)[number];
  readonly dry_run: boolean;
  readonly limit: number;
}

const taskId = Joi.string()
  .max(255)
  .pattern(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'task id');
const choice = Joi.string()
  .min(1)
  .max(1000)
  .description('Values with commas between them; * and ? match, ! excludes.');
const stamp = Joi.string().min(1).max(1024);

/** Which tasks of the history. */
export const taskFilterSchema = named(
  'TaskFilter',
  Joi.object<RevokeFilter>({
    state: choice,
    name: choice,
    worker: choice,
    queue: choice,
    tag: choice,
    root_id: taskId.description('The task of this id and all that it caused.'),
    group_id: taskId,
    queued_after: momentSchema,
    queued_before: momentSchema,
  }).min(1),
);

/** Most tasks that one request revokes. */
const MAX_TASKS = 10_000;

export const bulkRevokeSchema = prepared<BulkRevokeBody>(
  Joi.object<BulkRevokeBody>({
    task_ids: Joi.array().items(taskId).min(1).max(MAX_TASKS).unique().description('These tasks.'),
    stamped_headers: Joi.object()
      .pattern(Joi.string().max(255), Joi.alternatives(stamp, Joi.array().items(stamp).min(1).max(1000)))
      .min(1)
      .max(100)
      .description('All tasks that carry one of these stamps, now or later.'),
    filter: taskFilterSchema.description('Tasks that are not finished and match all of this.'),
    terminate: Joi.boolean().default(false).description('Also end the tasks that are running.'),
    signal: Joi.string()
      .valid(...SIGNALS)
      .default('SIGTERM'),
    dry_run: Joi.boolean().default(false).description('Only tell which tasks would be revoked.'),
    limit: Joi.number()
      .integer()
      .min(1)
      .max(MAX_TASKS)
      .default(1000)
      .description('Most tasks that a filter may select; the request is refused when it selects more.'),
  })
    .required()
    .xor('task_ids', 'stamped_headers', 'filter'),
);
