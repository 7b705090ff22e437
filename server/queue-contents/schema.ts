import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';

const name = Joi.string().min(1).max(255);
const id = Joi.string().min(1).max(255);

/** Which messages are meant, as callers write it. */
export interface FilterBody {
  readonly ids?: readonly string[];
  readonly task?: string;
  readonly older_than_seconds?: number;
  readonly routing_key?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string | number | boolean | null>>;
  readonly contains?: string;
  readonly reason?: string;
  readonly origin_queue?: string;
}

const MAX_IDS = 10_000;

export const filterFields = {
  ids: Joi.array().items(id).min(1).max(MAX_IDS).description('Task ids, message ids or correlation ids.'),
  task: Joi.string().min(1).max(255).description('Task name; `*` and `?` stand for anything.'),
  older_than_seconds: Joi.number()
    .min(0)
    .max(315_360_000)
    .description(
      'Age, by the `timestamp` property, the submission record or the time of death. A message of unknown age is never older.',
    ),
  routing_key: Joi.string().allow('').max(255),
  type: Joi.string().max(255).description("AMQP's `type` property."),
  headers: Joi.object()
    .pattern(
      Joi.string().max(128),
      Joi.alternatives(Joi.string(), Joi.number(), Joi.boolean(), Joi.valid(null)),
    )
    .description('Top-level headers that must be equal.'),
  contains: Joi.string().min(1).max(1024).description('A text in the raw body.'),
  reason: Joi.string().min(1).max(255).description('Why it was dead-lettered.'),
  origin_queue: name.description('Where it was dead-lettered from.'),
};

export const filterSchema = named(
  'MessageFilter',
  Joi.object<FilterBody>(filterFields).description('All that is given must hold; empty means every message.'),
);

/** How many, how fast, whether at all. */
export interface SelectionBody {
  readonly filter: FilterBody;
  readonly limit?: number;
  readonly rate?: number;
  readonly dry_run: boolean;
}

export const selectionFields = {
  filter: filterSchema.default({}),
  limit: Joi.number().integer().min(1).max(100_000_000).description('Messages at most.'),
  rate: Joi.number().min(0.01).max(100_000).description('Messages a second at most.'),
  dry_run: Joi.boolean().default(false).description('Only count what would be done.'),
};

export const purgeSchema = named(
  'Selection',
  prepared<SelectionBody>(Joi.object<SelectionBody>(selectionFields).required()),
);

/** Where messages go. */
export interface TargetBody {
  readonly queue_name?: string;
  readonly exchange?: string;
  readonly routing_key?: string;
}

export const targetSchema = named(
  'MessageTarget',
  Joi.object<TargetBody>({
    queue_name: name.description('Queue, through the default exchange.'),
    exchange: name.description('Exchange, in place of a queue.'),
    routing_key: Joi.string().allow('').max(255).description('On the exchange. Default: empty.'),
  })
    .xor('queue_name', 'exchange')
    .without('queue_name', 'routing_key'),
);

export interface TransferBody extends SelectionBody {
  readonly to: TargetBody;
  readonly force: boolean;
}

export const forceField = Joi.boolean()
  .default(false)
  .description(
    'Also messages that a Celery worker could not read, to a queue of Celery workers. Python workers die of some.',
  );

export const transferSchema = named(
  'Transfer',
  prepared<TransferBody>(
    Joi.object<TransferBody>({
      ...selectionFields,
      to: targetSchema.required(),
      force: forceField,
    }).required(),
  ),
);

const MAX_PAYLOAD_BYTES = 1024 * 1024;

export interface PeekQuery {
  readonly limit: number;
  readonly payload_bytes: number;
}

const payloadBytes = Joi.number()
  .integer()
  .min(0)
  .max(MAX_PAYLOAD_BYTES)
  .default(64 * 1024)
  .description('A longer body is cut and shown in base64.');

export const peekQuerySchema = preparedQuery<PeekQuery>(
  Joi.object<PeekQuery>({
    limit: Joi.number().integer().min(1).max(100).default(10),
    payload_bytes: payloadBytes,
  }),
);

export const findQuerySchema = preparedQuery<Pick<PeekQuery, 'payload_bytes'>>(
  Joi.object<Pick<PeekQuery, 'payload_bytes'>>({ payload_bytes: payloadBytes }),
);

export interface TakeBody {
  readonly count: number;
}

export const takeSchema = prepared<TakeBody>(
  Joi.object<TakeBody>({ count: Joi.number().integer().min(1).max(100).default(1) }).required(),
);

export const messageIdSchema = preparedQuery<{ readonly queue_name: string; readonly message_id: string }>(
  Joi.object<{ readonly queue_name: string; readonly message_id: string }>({
    queue_name: name.required(),
    message_id: id.required().description('Task id, message id or correlation id.'),
  }),
);
