import Joi from 'joi';
import { BROKER_STATUSES } from '../health';

/** The answer of `GET /rabbitmq/brokers`. */
export const brokersSchema = Joi.object({
  brokers: Joi.array()
    .items(
      Joi.object({
        name: Joi.string().required().description('`default` is the one without a name in its path.'),
        path: Joi.string().required().description('What its routes begin with.'),
        ready: Joi.boolean().required(),
        status: Joi.string()
          .valid(...BROKER_STATUSES)
          .required(),
        state: Joi.string().description('Of the connections to it.'),
      }),
    )
    .required(),
});
