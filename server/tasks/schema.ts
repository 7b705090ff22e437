import Joi from 'joi';
import { prepared, preparedQuery } from '../http/validation';

/** The body of `POST /rabbitmq/tasks/submit`. Times are seconds, as Celery's options of the same names. */
export interface SubmitBody {
  readonly task_name: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly task_id?: string;
  readonly queue?: string;
  readonly exchange?: string;
  readonly routing_key?: string;
  readonly priority?: number;
  readonly countdown?: number;
  readonly eta?: string;
  readonly expires?: number | string;
  readonly time_limit?: number;
  readonly soft_time_limit?: number;
  readonly retries?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly shadow?: string;
  readonly ignore_result?: boolean;
  readonly root_id?: string;
  readonly parent_id?: string;
  readonly serializer?: 'json' | 'msgpack' | 'yaml';
  readonly compression?: 'zlib' | 'gzip' | 'brotli' | 'zstd';
}

/** Ten years, in seconds: beyond it a number is a mistake of unit. */
const MAX_SECONDS = 315_360_000;

const id = Joi.string().pattern(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/, 'task id');
const name = Joi.string().min(1).max(255);
const seconds = Joi.number().min(0).max(MAX_SECONDS);
const moment = Joi.string().pattern(
  /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/,
  'ISO 8601 date and time',
);

/**
 * `args`, `kwargs` and `headers` are only told to be containers here: what is in them was walked once when the body was
 * read, and the Celery layer checks what a task message can carry.
 */
export const submitSchema = prepared<SubmitBody>(
  Joi.object<SubmitBody>({
    task_name: Joi.string()
      .pattern(/^[A-Za-z_][\w.-]{0,199}$/, 'task name')
      .required()
      .description('Name the task is registered under.'),
    args: Joi.array().description('Positional arguments.'),
    kwargs: Joi.object().description('Keyword arguments.'),
    task_id: id.description(
      'Chosen by the caller, so that a repeated submission is recognised; else a new UUID.',
    ),
    queue: name.description('Queue; else the route or the default queue.'),
    exchange: name.description('Exchange, with routing_key, in place of a queue.'),
    routing_key: name.description('Routing key on the exchange.'),
    priority: Joi.number().integer().min(0).max(255).description('Matters on queues with x-max-priority.'),
    countdown: seconds.description('Not before this many seconds from now.'),
    eta: moment.description('Not before this moment; without an offset it is UTC.'),
    expires: Joi.alternatives(seconds, moment).description(
      'Not after this moment, or this many seconds from now.',
    ),
    time_limit: seconds.description('Hard limit in seconds: the worker stops the task.'),
    soft_time_limit: seconds.description('Soft limit in seconds: the task is told.'),
    retries: Joi.number().integer().min(0).max(1_000_000).description('Retries already made.'),
    headers: Joi.object().description('Custom message headers.'),
    shadow: name.description('Name shown in events and logs in place of the task name.'),
    ignore_result: Joi.boolean().description('The result is not stored.'),
    root_id: id.description('First task of the tree this one belongs to.'),
    parent_id: id.description('Task that caused this one.'),
    serializer: Joi.string().valid('json', 'msgpack', 'yaml'),
    compression: Joi.string().valid('zlib', 'gzip', 'brotli', 'zstd'),
  })
    .required()
    .oxor('countdown', 'eta')
    .oxor('queue', 'exchange'),
);

/** The query of `GET /rabbitmq/tasks/{task_id}`. */
export interface StatusQuery {
  readonly wait?: number;
}

export const statusQuerySchema = preparedQuery<StatusQuery>(
  Joi.object<StatusQuery>({
    wait: Joi.number().min(0).max(86_400).description('Seconds to wait for the result.'),
  }),
);

/** Signals a worker may be told to send to the process that runs the task. */
const SIGNALS = ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1'] as const;

/** The query of `DELETE /rabbitmq/tasks/{task_id}`. */
export interface RevokeQuery {
  readonly terminate: boolean;
  readonly signal: (typeof SIGNALS)[number];
}

export const revokeQuerySchema = preparedQuery<RevokeQuery>(
  Joi.object<RevokeQuery>({
    terminate: Joi.boolean().default(false).description('Also end the task where it is running.'),
    signal: Joi.string()
      .valid(...SIGNALS)
      .default('SIGTERM'),
  }),
);

/** The path parameter of the task routes. */
export const taskIdSchema = preparedQuery<{ readonly task_id: string }>(
  Joi.object<{ readonly task_id: string }>({
    task_id: Joi.string()
      .max(255)
      .pattern(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'task id')
      .required(),
  }),
);
