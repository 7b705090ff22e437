import Joi from 'joi';
import { CELERY_OPTION_NAMES } from '../../celery/protocol';
import { named } from '../http/named-schema';
import { SparseSchema } from '../http/sparse-schema';
import { preparedQuery } from '../http/validation';

/** A value a stamp may have. */
export type StampValue = string | number | boolean;

/** How often and when a task that failed is run again; for TypeScript workers, Python ignores it. */
export interface RetryPolicyBody {
  readonly max_retries?: number;
  readonly delay_seconds?: number;
  readonly backoff?: boolean;
  readonly backoff_max_seconds?: number;
  readonly jitter?: boolean;
  readonly retry_for?: readonly string[];
}

/** A window in which further submissions with the same key are the same task. */
export interface DedupBody {
  readonly key: string;
  readonly mode: 'until_done' | 'throttle' | 'debounce';
  readonly window_seconds?: number;
}

/** A task to be called with the result (`link`), or when the task has failed (`link_error`). */
export interface SignatureBody extends Omit<SubmitBody, 'dedup' | 'callback_url'> {
  readonly immutable?: boolean;
}

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
  readonly stamps?: Readonly<Record<string, StampValue | readonly StampValue[]>>;
  readonly tags?: readonly string[];
  readonly link?: readonly SignatureBody[];
  readonly link_error?: readonly SignatureBody[];
  readonly retry_policy?: RetryPolicyBody;
  readonly dedup?: DedupBody;
  /** Told when the task has ended; signed with the caller's callback secret. */
  readonly callback_url?: string;
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

const stampValue = Joi.alternatives(
  Joi.string().allow('').max(1024),
  Joi.number().integer().min(-2_147_483_648).max(2_147_483_647),
  Joi.boolean(),
);
/** A stamp travels as an option of its own name wherever a signature does: names of real options would become them. */
const stampName = Joi.string()
  .pattern(/^[A-Za-z_][\w.-]{0,63}$/, 'stamp name')
  .invalid('tags', 'stamped_headers', 'task_id', ...Object.values(CELERY_OPTION_NAMES));

const retryPolicy = named(
  'RetryPolicy',
  Joi.object<RetryPolicyBody>({
    max_retries: Joi.number()
      .integer()
      .min(0)
      .max(10_000)
      .default(3)
      .description('Runs after the first one.'),
    delay_seconds: seconds.default(1).description('Between two runs; with backoff the first pause.'),
    backoff: Joi.boolean().default(false).description('Each pause is twice the one before.'),
    backoff_max_seconds: seconds.default(600).description('Longest pause of the backoff.'),
    jitter: Joi.boolean().default(true).description('With backoff: a random part of the pause.'),
    retry_for: Joi.array()
      .items(Joi.string().min(1).max(200))
      .min(1)
      .max(50)
      .description('Only errors of these classes, by name; else all.'),
  }),
);

const dedup = named(
  'Dedup',
  Joi.object<DedupBody>({
    key: Joi.string()
      .min(1)
      .max(255)
      .required()
      .description('What counts as the same, for this task and API key.'),
    mode: Joi.string()
      .valid('until_done', 'throttle', 'debounce')
      .required()
      .description(
        'until_done: one unfinished task at a time. throttle: one in each window. debounce: the last one, a window after it came.',
      ),
    window_seconds: Joi.number()
      .min(0.1)
      .max(31_536_000)
      .description('Needed but for until_done, where it is how long to wait for the end at most.')
      .when('mode', { is: 'until_done', otherwise: Joi.required() }),
  }),
);

/** Where the end of what is submitted is told. */
export const callbackUrl = Joi.string()
  .uri({ scheme: ['http', 'https'] })
  .max(2048)
  .description('Told, by a signed POST, when the task has ended (WEBHOOKS_CALLBACK_SECRETS).');

const callbacks = (what: string) =>
  Joi.array().items(Joi.link('#signature')).single().max(100).description(what);

/**
 * What a task is sent with. `args`, `kwargs` and `headers` are only told to be containers here: what is in them was walked
 * once when the body was read, and the Celery layer checks what a task message can carry.
 */
export const taskFields = {
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
  stamps: Joi.object()
    .pattern(stampName, Joi.alternatives(stampValue, Joi.array().items(stampValue).max(100)))
    .max(32)
    .description("Celery's stamps: shown by workers and Flower, and what tasks can be revoked by."),
  tags: Joi.array()
    .items(Joi.string().min(1).max(128))
    .max(32)
    .unique()
    .description('Words to find the task by; carried as the stamp `tags`.'),
  link: callbacks('Called with the result when the task has succeeded.'),
  link_error: callbacks('Called when the task has failed.'),
  retry_policy: retryPolicy.description('For TypeScript workers; a Python worker ignores it.'),
};

/** Joi finds a link's target among the shared schemas of the root. */
export const signatureSchema = Joi.object<SignatureBody>({
  ...taskFields,
  immutable: Joi.boolean().description('The result is not put before args.'),
})
  .oxor('countdown', 'eta')
  .oxor('queue', 'exchange')
  .id('signature');

const taskRules = (schema: Joi.ObjectSchema<SubmitBody>): Joi.ObjectSchema<SubmitBody> =>
  named(
    'TaskSubmission',
    schema
      .required()
      .oxor('countdown', 'eta')
      .oxor('queue', 'exchange')
      .shared(signatureSchema) as Joi.ObjectSchema<SubmitBody>,
  );

/** A task over JSON; {@link submitSchema} and each task of a batch. */
export const taskSchema = taskRules(
  Joi.object<SubmitBody>({ ...taskFields, dedup, callback_url: callbackUrl }),
);

/** The same for the hot path: a task rarely has more than a few of the fields. */
export const sparseTaskSchema = new SparseSchema<SubmitBody>(
  { ...taskFields, dedup, callback_url: callbackUrl },
  taskRules,
);

export const submitSchema = sparseTaskSchema.whole;

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
