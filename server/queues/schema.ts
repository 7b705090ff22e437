import Joi from 'joi';
import { prepared, preparedQuery } from '../http/validation';

/** The body of `POST /rabbitmq/queues/declare`. */
export interface DeclareBody {
  readonly queue_name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly auto_delete: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export const declareSchema = prepared<DeclareBody>(
  Joi.object<DeclareBody>({
    queue_name: Joi.string().min(1).max(255).required(),
    durable: Joi.boolean().default(true).description('Survives a restart of the broker.'),
    exclusive: Joi.boolean()
      .default(false)
      .description("Belongs to the gateway's connection and goes with it: nobody else can consume it."),
    auto_delete: Joi.boolean().default(false).description('Deleted when its last consumer goes.'),
    arguments: Joi.object()
      .pattern(/^x-[a-z0-9-]{1,60}$/, Joi.alternatives(Joi.string().max(1024), Joi.number(), Joi.boolean()))
      .description('RabbitMQ queue arguments, such as x-max-priority or x-queue-type.'),
  }).required(),
);

export const queueNameSchema = preparedQuery<{ readonly queue_name: string }>(
  Joi.object<{ readonly queue_name: string }>({ queue_name: Joi.string().max(255).required() }),
);

const counts = {
  queue_name: Joi.string().required(),
  message_count: Joi.number().integer().required().description('Messages ready for delivery.'),
  consumer_count: Joi.number().integer().required(),
  durable: Joi.boolean().required(),
};

/** The answer of `POST /rabbitmq/queues/declare`. */
export const declaredSchema = Joi.object({
  ...counts,
  exclusive: Joi.boolean().required(),
  auto_delete: Joi.boolean().required(),
  note: Joi.string(),
});

/** The answer of `GET /rabbitmq/queues/{queue_name}/info`. */
export const infoSchema = Joi.object(counts);

/** The answer of `DELETE /rabbitmq/queues/{queue_name}/purge`. */
export const purgedSchema = Joi.object({ purged: Joi.number().integer().required() });
