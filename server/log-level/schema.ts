import Joi from 'joi';
import { LOG_LEVELS, type LogLevel } from '../../runtime';
import { prepared } from '../http/validation';

/** The body of `PUT /rabbitmq/log-level`. */
export interface LogLevelBody {
  readonly level: LogLevel;
  readonly for_seconds?: number;
}

export const logLevelBodySchema = prepared<LogLevelBody>(
  Joi.object<LogLevelBody>({
    level: Joi.string()
      .valid(...LOG_LEVELS)
      .required()
      .description('Loudest last.'),
    for_seconds: Joi.number()
      .integer()
      .min(1)
      .max(86_400)
      .description('After which LOG_LEVEL counts again; until a restart when left out.'),
  }).required(),
);
