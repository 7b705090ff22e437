import Joi from 'joi';
import { preparedQuery } from '../http/validation';

export const queueNameSchema = preparedQuery<{ readonly queue_name: string }>(
  Joi.object<{ readonly queue_name: string }>({ queue_name: Joi.string().max(255).required() }),
);
