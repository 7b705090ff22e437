import Joi from 'joi';
import { named } from '../http/named-schema';

const time = Joi.string().isoDate().allow(null).required();
const text = Joi.string().allow(null).required();

const run = named(
  'ScheduleRun',
  Joi.object({
    tick_at: time.description('When it was due; null: run by hand.'),
    fired_at: time,
    task_id: text,
    outcome: Joi.string().valid('submitted', 'failed', 'skipped_overlap').required(),
    error: text.description('Code of the problem.'),
    missed_before: Joi.number().integer().required().description('Ticks before it that were passed over.'),
  }),
);

/** A schedule. */
export const scheduleAnswerSchema = named(
  'Schedule',
  Joi.object({
    id: Joi.string().required(),
    description: Joi.string().allow(null, '').required(),
    cron: text,
    timezone: text,
    interval_seconds: Joi.number().allow(null).required(),
    starts_at: time,
    ends_at: time,
    missed: Joi.string().valid('skip', 'run_once', 'run_all').required(),
    missed_limit: Joi.number().integer().required(),
    grace_seconds: Joi.number().required(),
    overlap: Joi.string().valid('allow', 'skip').required(),
    paused: Joi.boolean().required(),
    task: Joi.object().unknown().required().description('As it was given.'),
    revision: Joi.number().integer().required(),
    created_at: time,
    updated_at: time,
    created_by: text,
    next_run_at: time.description('null: paused, or never again.'),
    last_runs: Joi.array().items(run).required().description('The last 20, newest first.'),
  }),
);

export const schedulesSchema = Joi.object({
  schedules: Joi.array().items(scheduleAnswerSchema).required(),
  next_cursor: text.description('For the next page; null: this was the last one.'),
});

export const timesSchema = Joi.object({
  times: Joi.array().items(Joi.string().isoDate()).required().description('UTC.'),
});

export const ranSchema = Joi.object({ task_id: Joi.string().required() });
