import Joi from 'joi';
import { named } from '../http/named-schema';

const names = Joi.array().items(Joi.string()).required();

const pause = {
  queue: Joi.string().required(),
  state: Joi.string()
    .valid('paused', 'resuming')
    .required()
    .description('resuming: consumed again, but for workers that could not be told yet.'),
  since: Joi.string().isoDate().required(),
  by: Joi.string().allow(null).required().description('Key that asked for it.'),
  workers: names.description('Paused: those that would consume it. Resuming: those still to be told.'),
};

const outcomes = {
  outcomes: Joi.array()
    .items(
      named(
        'PauseOutcome',
        Joi.object({
          worker: Joi.string().required(),
          status: Joi.string().valid('ok', 'refused', 'no_reply').required(),
          message: Joi.string().allow(null, '').required(),
        }),
      ),
    )
    .required(),
  no_reply: names,
};

/** The answer of `GET /rabbitmq/queues/paused`. */
export const pausedSchema = Joi.object({
  queues: Joi.array().items(Joi.object(pause)).required(),
});

/** The answer of pausing. */
export const pauseSchema = Joi.object({ ...pause, ...outcomes });

/** The answer of resuming. */
export const resumeSchema = Joi.object({
  queue: Joi.string().required(),
  state: Joi.string()
    .valid('resumed', 'resuming')
    .required()
    .description('resuming: some workers could not be told yet and are when they answer again.'),
  ...outcomes,
});
