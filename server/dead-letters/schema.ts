import Joi from 'joi';
import { named } from '../http/named-schema';
import { prepared, preparedQuery } from '../http/validation';
import {
  type FilterBody,
  forceField,
  type SelectionBody,
  selectionFields,
  type TargetBody,
  targetSchema,
} from '../queue-contents';
import type { DeadLetterLine } from './line';
import { MAX_RETRIES } from './retry-road';

const name = Joi.string().min(1).max(255);

/** The body of `POST /rabbitmq/dead-letters/setup`. */
export interface SetupBody {
  readonly queue_name: string;
  readonly by: 'auto' | 'policy' | 'arguments';
  readonly exchange?: string;
  readonly dead_letter_queue?: string;
  readonly delivery_limit?: number;
  readonly type?: 'classic' | 'quorum';
  readonly retry_delays_seconds: readonly number[];
  readonly keep_seconds?: number;
  readonly max_length?: number;
}

/** RabbitMQ's own bound for a TTL, in seconds. */
const MAX_SECONDS = 4_294_967;

export const setupSchema = prepared<SetupBody>(
  Joi.object<SetupBody>({
    queue_name: name.required().description('The queue that gets them.'),
    by: Joi.string()
      .valid('auto', 'policy', 'arguments')
      .default('auto')
      .description(
        "A policy leaves Celery's own declares working and needs the management API; `auto` prefers it.",
      ),
    exchange: name.description('Default: dead-letters.'),
    dead_letter_queue: name.description('Default: the name of the queue and .dead.'),
    delivery_limit: Joi.number()
      .integer()
      .min(1)
      .max(1_000_000)
      .description('Deliveries of one message before it is dead: quorum queues only.'),
    type: Joi.string().valid('classic', 'quorum').description('Of the queue, where it is declared now.'),
    retry_delays_seconds: Joi.array()
      .items(Joi.number().min(0.001).max(MAX_SECONDS))
      .max(MAX_RETRIES)
      .default([])
      .description(
        'How long RabbitMQ holds a rejected message before each of its retries; after the last it is dead. None: dead at once.',
      ),
    keep_seconds: Joi.number()
      .integer()
      .min(1)
      .max(MAX_SECONDS)
      .description('How long dead letters are kept.'),
    max_length: Joi.number().integer().min(1).max(1_000_000_000).description('Dead letters kept at most.'),
  }).required(),
);

/** The query of a list. */
export interface ListQuery {
  readonly limit: number;
  readonly offset: number;
  readonly payload_bytes: number;
  readonly task?: string;
  readonly reason?: string;
  readonly origin_queue?: string;
  readonly older_than_seconds?: number;
}

const filterQuery = {
  task: Joi.string().min(1).max(255).description('Task name; `*` and `?` stand for anything.'),
  reason: Joi.string()
    .min(1)
    .max(255)
    .description('rejected, expired, maxlen, delivery_limit, or of a worker.'),
  origin_queue: name.description('Where it died.'),
  older_than_seconds: Joi.number().min(0).max(315_360_000),
};

export const listQuerySchema = preparedQuery<ListQuery>(
  Joi.object<ListQuery>({
    limit: Joi.number().integer().min(1).max(100).default(20),
    offset: Joi.number().integer().min(0).max(1_000_000).default(0),
    payload_bytes: Joi.number()
      .integer()
      .min(0)
      .max(1024 * 1024)
      .default(16 * 1024)
      .description('A longer body is cut and shown in base64.'),
    ...filterQuery,
  }),
);

export type ExportQuery = Pick<ListQuery, 'task' | 'reason' | 'origin_queue' | 'older_than_seconds'>;

export const exportQuerySchema = preparedQuery<ExportQuery>(Joi.object<ExportQuery>(filterQuery));

/** The body of `POST /rabbitmq/dead-letters/{queue_name}/replay`. */
export interface ReplayBody extends SelectionBody {
  readonly to?: TargetBody;
  readonly max_replays?: number;
  readonly reset_retries: boolean;
  readonly force: boolean;
  readonly edit?: {
    readonly args?: readonly unknown[];
    readonly kwargs?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string | number | boolean | null>>;
    readonly priority?: number;
  };
}

export const replaySchema = prepared<ReplayBody>(
  Joi.object<ReplayBody>({
    ...selectionFields,
    to: targetSchema.description('Default: each to the queue it died in.'),
    max_replays: Joi.number()
      .integer()
      .min(1)
      .max(1000)
      .description('A letter replayed so often stays. Default: DEAD_LETTER_MAX_REPLAYS.'),
    reset_retries: Joi.boolean().default(true).description('The count of retries begins anew.'),
    force: forceField,
    edit: Joi.object({
      args: Joi.array(),
      kwargs: Joi.object(),
      headers: Joi.object()
        .pattern(
          /^(?!x-|CC$|BCC$|task$|id$)[\w.-]{1,128}$/,
          Joi.alternatives(Joi.string(), Joi.number(), Joi.boolean(), Joi.valid(null)),
        )
        .description('Set in the message; not its task and id.'),
      priority: Joi.number().integer().min(0).max(255),
    })
      .min(1)
      .description('Of one letter: the filter has to name one id.'),
  }).required(),
);

/** The body of `POST /rabbitmq/dead-letters/{queue_name}/discard`. */
export interface DiscardBody extends SelectionBody {
  readonly filter: FilterBody;
}

export const discardSchema = named(
  'Selection',
  prepared<DiscardBody>(Joi.object<DiscardBody>(selectionFields).required()),
);

const base64 = Joi.string().base64().allow('');

/** One line of an import. */
export const lineSchema = named(
  'DeadLetterLine',
  prepared<DeadLetterLine>(
    Joi.object<DeadLetterLine>({
      version: Joi.valid(1).required(),
      exchange: Joi.string().allow('').max(255).required(),
      routing_key: Joi.string().allow('').max(255).required(),
      properties: Joi.object()
        .pattern(
          /^[a-z_]{1,32}$/,
          Joi.alternatives(Joi.string().allow('').max(255), Joi.number().integer().min(0)),
        )
        .required(),
      headers: Joi.object().required(),
      body: base64.required(),
    }).required(),
  ),
);
