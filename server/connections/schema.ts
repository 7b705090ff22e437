import Joi from 'joi';
import { preparedQuery } from '../http/validation';

const text = Joi.string().allow('', null).required();

export const connectionNameSchema = preparedQuery<{ readonly connection: string }>(
  Joi.object<{ readonly connection: string }>({
    connection: Joi.string()
      .min(1)
      .max(255)
      .required()
      .description('As `GET /rabbitmq/connections` names it, such as `10.0.0.7:60124 -> 10.0.0.2:5672`.'),
  }),
);

export const closeQuerySchema = preparedQuery<{ readonly reason: string }>(
  Joi.object<{ readonly reason: string }>({
    reason: Joi.string()
      .pattern(/^[\x20-\x7e]+$/, 'printable ASCII')
      .max(200)
      .default('closed by an administrator')
      .description('Told to the client and in the log of RabbitMQ.'),
  }),
);

/** The answer of `GET /rabbitmq/connections`. */
export const connectionListSchema = Joi.object({
  items: Joi.array()
    .items(
      Joi.object({
        connection: Joi.string().required(),
        client_name: text.description('What the client calls itself.'),
        product: text,
        user: text,
        peer: text.description('Address and port of the client.'),
        tls: Joi.boolean().allow(null).required(),
        state: text,
        channels: Joi.number().integer().allow(null).required(),
        connected_at: Joi.string().isoDate().allow(null).required(),
      }),
    )
    .required(),
});

export const closedConnectionSchema = Joi.object({ closed: Joi.boolean().required() });
