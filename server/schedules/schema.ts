import Joi from 'joi';
import { momentSchema } from '../http/moment-schema';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';
import { taskSchema } from '../tasks';
import type { ScheduleBody } from './schedule';
import type { TimingBody } from './timing';

/** A schedule in the body of a request. */
export interface NewScheduleBody extends ScheduleBody {
  readonly id?: string;
}

const id = Joi.string().pattern(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/, 'schedule id');
/** Ten years. */
const MAX_SECONDS = 315_360_000;

const timing = {
  cron: Joi.string()
    .max(200)
    .description('Five fields, six with seconds in front, or @hourly, @daily and the like.'),
  timezone: Joi.string().max(64).description('IANA name for `cron`, such as Europe/Berlin. Default UTC.'),
  interval_seconds: Joi.number().min(1).max(MAX_SECONDS).description('In place of `cron`.'),
  starts_at: momentSchema.description('Not before; an interval counts from here.'),
  ends_at: momentSchema.description('Not after.'),
};

const fields = {
  ...timing,
  description: Joi.string().allow('').max(1000),
  missed: Joi.string()
    .valid('skip', 'run_once', 'run_all')
    .default('skip')
    .description('What is done about ticks that came while no gateway could fire them.'),
  missed_limit: Joi.number()
    .integer()
    .min(1)
    .max(100)
    .default(10)
    .description('With run_all: at most so many, the newest ones.'),
  grace_seconds: Joi.number()
    .min(1)
    .max(86_400)
    .default(60)
    .description('A tick that is later than this counts as missed.'),
  overlap: Joi.string()
    .valid('allow', 'skip')
    .default('allow')
    .description('skip: a tick passes by while the task of the one before is not finished.'),
  paused: Joi.boolean().default(false),
  task: named(
    'ScheduledTask',
    taskSchema
      .fork(['task_id', 'eta', 'dedup'], (field) => field.forbidden())
      .required()
      .description(
        'As for POST /rabbitmq/tasks/submit, but for task_id, eta and dedup. A callback_url is told of each task.',
      ),
  ),
};

const whole = (schema: Joi.ObjectSchema) =>
  schema.required().xor('cron', 'interval_seconds').with('timezone', 'cron');

/** The body of `POST /rabbitmq/schedules`. */
export const newScheduleSchema = prepared<NewScheduleBody>(
  whole(
    Joi.object({
      id: id.description('Chosen by the caller; else a new UUID.'),
      ...fields,
    }),
  ) as Joi.ObjectSchema<NewScheduleBody>,
);

/** The body of `PUT /rabbitmq/schedules/{schedule_id}`. */
export const scheduleSchema = prepared<ScheduleBody>(
  whole(Joi.object(fields)) as Joi.ObjectSchema<ScheduleBody>,
);

/** The body of `PATCH`: any of the fields; null takes one away. What comes out is held to {@link scheduleSchema}. */
export const patchSchema = prepared<Readonly<Record<string, unknown>>>(
  Joi.object(
    Object.fromEntries(
      Object.keys(fields).map((name) => [name, Joi.any().description('As in PUT; null takes it away.')]),
    ),
  )
    .min(1)
    .required() as Joi.ObjectSchema<Readonly<Record<string, unknown>>>,
);

/** The body of `POST /rabbitmq/schedules/preview`. */
export interface PreviewBody extends TimingBody {
  readonly count: number;
}

const count = Joi.number().integer().min(1).max(100).default(10);

export const previewSchema = prepared<PreviewBody>(
  whole(Joi.object({ ...timing, count })) as Joi.ObjectSchema<PreviewBody>,
);

export const scheduleIdSchema = preparedQuery<{ readonly schedule_id: string }>(
  Joi.object<{ readonly schedule_id: string }>({ schedule_id: id.required() }),
);

export const nextQuerySchema = preparedQuery<{ readonly count: number }>(
  Joi.object<{ readonly count: number }>({ count }),
);

/** The query of `GET /rabbitmq/schedules`. */
export interface ListQuery {
  readonly limit: number;
  readonly cursor?: string;
}

export const listQuerySchema = preparedQuery<ListQuery>(
  Joi.object<ListQuery>({
    limit: Joi.number().integer().min(1).max(1000).default(100),
    cursor: id.description('`next_cursor` of the page before.'),
  }),
);
