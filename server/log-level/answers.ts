import Joi from 'joi';
import { LOG_LEVELS } from '../../runtime';
import { named } from '../http/named-schema';

const level = Joi.string().valid(...LOG_LEVELS);

/** The answer of `GET` and `PUT /rabbitmq/log-level`. */
export const logLevelSchema = named(
  'LogLevel',
  Joi.object({
    gateway: Joi.string().required().description('Which gateway answered: the level is that of this one.'),
    level: level.required(),
    configured: level.required().description('LOG_LEVEL, which a restart brings back.'),
    until: Joi.string().isoDate().allow(null).required().description('When the configured one comes back.'),
  }),
);
