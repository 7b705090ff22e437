import Joi from 'joi';
import { FACETS } from '../../celery';
import { preparedQuery } from '../http/validation';
import { type TaskFilterQuery, taskFilterKeys } from './schema-filter';

/** What `sort` may name, and the field of a task record it stands for. */
export const SORTS = {
  queued_at: 'queuedAt',
  received_at: 'receivedAt',
  started_at: 'startedAt',
  done_at: 'doneAt',
  updated_at: 'updatedAt',
  name: 'name',
  state: 'state',
  runtime_seconds: 'runtimeSeconds',
  wait_seconds: 'waitSeconds',
} as const;

const SORT_NAMES = Object.keys(SORTS);

/** The query of `GET /rabbitmq/tasks`. */
export interface ListQuery extends TaskFilterQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly sort: string;
  readonly facets?: string;
}

const MAX_LIMIT = 500;

/** `facets` lists names; joi's own array form would need the parameter to be repeated. */
const facets = Joi.string()
  .pattern(
    new RegExp(`^(?:${FACETS.join('|')})(?:,(?:${FACETS.join('|')}))*$`),
    `list of ${FACETS.join(', ')}`,
  )
  .description(`Also counts all matching tasks by these, separated by commas: ${FACETS.join(', ')}.`);

export const listQuerySchema = preparedQuery<ListQuery>(
  Joi.object<ListQuery>({
    ...taskFilterKeys,
    limit: Joi.number().integer().min(1).max(MAX_LIMIT).default(50).description('Tasks per page.'),
    cursor: Joi.string().max(1024).description('`next_cursor` of the page before.'),
    sort: Joi.string()
      .valid(...SORT_NAMES, ...SORT_NAMES.map((name) => `-${name}`))
      .default('-queued_at')
      .description('`-` before it means the largest first; a task without the value counts as the smallest.'),
    facets,
  }),
);

/** The query of `GET /rabbitmq/events`. */
export interface EventsQuery extends TaskFilterQuery {
  readonly type?: string;
}

export const eventsQuerySchema = preparedQuery<EventsQuery>(
  Joi.object<EventsQuery>({
    ...taskFilterKeys,
    type: Joi.string()
      .max(512)
      .description(
        'Types of events, such as `task-failed,worker-*`; `!` before one means not. All when absent.',
      ),
  }),
);

/** The query of `GET /rabbitmq/tasks/{task_id}/logs`. */
export const logsQuerySchema = preparedQuery<{ readonly limit: number }>(
  Joi.object<{ readonly limit: number }>({
    limit: Joi.number().integer().min(1).max(1000).default(1000).description('Latest lines told.'),
  }),
);
