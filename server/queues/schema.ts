import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';
import type { QueueOptions } from './options';

const name = Joi.string().min(1).max(255);
/** RabbitMQ's own bound for times: 2^32 - 1 milliseconds. */
const milliseconds = Joi.number().integer().min(0).max(4_294_967_295);
const amount = Joi.number().integer().min(0).max(Number.MAX_SAFE_INTEGER);

/** The named options, as callers write them. */
export interface QueueOptionsBody {
  readonly type?: QueueOptions['type'];
  readonly max_priority?: number;
  readonly message_ttl_ms?: number;
  readonly expires_ms?: number;
  readonly max_length?: number;
  readonly max_length_bytes?: number;
  readonly overflow?: QueueOptions['overflow'];
  readonly delivery_limit?: number;
  readonly single_active_consumer?: boolean;
  readonly max_age?: string;
  readonly dead_letter?: {
    readonly exchange: string;
    readonly routing_key?: string;
    readonly strategy?: QueueOptions['deadLetterStrategy'];
  };
}

/** The body of `POST /rabbitmq/queues/declare`. */
export interface DeclareBody extends QueueOptionsBody {
  readonly queue_name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly auto_delete: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

const optionFields = {
  type: Joi.string()
    .valid('classic', 'quorum', 'stream')
    .description('Default: what the broker is set to, classic.'),
  max_priority: Joi.number().integer().min(1).max(255).description('Priorities 0 to this; few cost least.'),
  message_ttl_ms: milliseconds.description('Messages older than this are dropped or dead-lettered.'),
  expires_ms: milliseconds.min(1).description('Unused for so long, the queue is deleted.'),
  max_length: amount.description('Messages at most.'),
  max_length_bytes: amount.description('Bytes of bodies at most.'),
  overflow: Joi.string()
    .valid('drop-head', 'reject-publish', 'reject-publish-dlx')
    .description('What gives way in a full queue. Default: the oldest message.'),
  delivery_limit: Joi.number()
    .integer()
    .min(1)
    .max(1_000_000)
    .description('Of a quorum queue: a message delivered more often is dead-lettered or dropped.'),
  single_active_consumer: Joi.boolean(),
  max_age: Joi.string()
    .pattern(/^[1-9]\d{0,5}[YMDhms]$/, 'age')
    .description('Of a stream, such as 7D.'),
  dead_letter: named(
    'DeadLettering',
    Joi.object({
      exchange: Joi.string().allow('').max(255).required().description('Empty: the default exchange.'),
      routing_key: Joi.string().allow('').max(255).description('Else the one the message came with.'),
      strategy: Joi.string()
        .valid('at-most-once', 'at-least-once')
        .description('Of a quorum queue. at-least-once loses nothing and needs overflow reject-publish.'),
    }).description('Where messages go that are rejected, expire or are too many.'),
  ),
};

const declareFields = {
  queue_name: name.required(),
  durable: Joi.boolean().default(true).description('Survives a restart of the broker.'),
  exclusive: Joi.boolean()
    .default(false)
    .description("Belongs to the gateway's connection and goes with it: nobody else can consume it."),
  auto_delete: Joi.boolean().default(false).description('Deleted when its last consumer goes.'),
  arguments: Joi.object()
    .pattern(
      /^x-[a-z0-9-]{1,60}$/,
      Joi.alternatives(Joi.string().allow('').max(1024), Joi.number(), Joi.boolean()),
    )
    .description(
      'RabbitMQ queue arguments, such as x-max-priority or x-queue-type; they win over the options.',
    ),
  ...optionFields,
};

export const declareSchema = prepared<DeclareBody>(Joi.object<DeclareBody>(declareFields).required());

/** The body of `POST /rabbitmq/queues/partitioned`. */
export interface PartitionedBody extends QueueOptionsBody {
  readonly queue_name: string;
  readonly partitions: number;
}

export const partitionedSchema = prepared<PartitionedBody>(
  Joi.object<PartitionedBody>({
    queue_name: Joi.string().min(1).max(250).required().description('The parts are called name.0, name.1, …'),
    partitions: Joi.number().integer().min(1).max(256).required(),
    ...optionFields,
  }).required(),
);

export const queueNameSchema = preparedQuery<{ readonly queue_name: string }>(
  Joi.object<{ readonly queue_name: string }>({ queue_name: Joi.string().max(255).required() }),
);

export interface DeleteQuery {
  readonly if_empty: boolean;
  readonly if_unused: boolean;
}

export const deleteQuerySchema = preparedQuery<DeleteQuery>(
  Joi.object<DeleteQuery>({
    if_empty: Joi.boolean().default(false).description('Not while messages wait in it.'),
    if_unused: Joi.boolean().default(false).description('Not while it has consumers.'),
  }),
);

/** The query of a listing. */
export interface ListQuery {
  readonly page: number;
  readonly page_size: number;
  readonly name?: string;
}

export const listQuerySchema = preparedQuery<ListQuery>(
  Joi.object<ListQuery>({
    page: Joi.number().integer().min(1).max(100_000).default(1),
    page_size: Joi.number().integer().min(1).max(500).default(100),
    name: Joi.string().min(1).max(255).description('Only names that have this in them.'),
  }),
);
