import Joi from 'joi';
import { prepared, preparedQuery } from '../http/validation';

/** Inspections that the list of workers can carry along. */
export const INCLUDABLE = [
  'stats',
  'active',
  'reserved',
  'scheduled',
  'revoked',
  'registered',
  'active_queues',
] as const;
export type Includable = (typeof INCLUDABLE)[number];

const hostname = Joi.string()
  .max(255)
  .pattern(/^[^\s\p{Cc}]+$/u, 'node name');

const targets = Joi.alternatives(
  Joi.string().valid('all'),
  Joi.array().items(hostname).min(1).max(1000).unique(),
).description('`all`, or the node names of one or several.');

/** The query of `GET /rabbitmq/workers`. */
export interface WorkersQuery {
  readonly include: readonly Includable[];
  readonly online: boolean | undefined;
}

interface RawWorkersQuery {
  readonly include?: string;
  readonly online?: boolean;
}

export const workersQuerySchema = preparedQuery<RawWorkersQuery>(
  Joi.object<RawWorkersQuery>({
    include: Joi.string()
      .pattern(new RegExp(`^(${INCLUDABLE.join('|')})(,(${INCLUDABLE.join('|')}))*$`), 'inspections')
      .description(`What to ask each worker besides: ${INCLUDABLE.join(', ')}, with commas between them.`),
    online: Joi.boolean().description('Only those that are online, or only those that are not.'),
  }),
);

export function workersQuery(raw: RawWorkersQuery): WorkersQuery {
  const names: readonly string[] = raw.include?.split(',') ?? [];
  return { include: INCLUDABLE.filter((name) => names.includes(name)), online: raw.online };
}

export const hostnameSchema = preparedQuery<{ readonly hostname: string }>(
  Joi.object<{ readonly hostname: string }>({ hostname: hostname.required() }),
);

export const queryTasksSchema = preparedQuery<{ readonly task_ids: string }>(
  Joi.object<{ readonly task_ids: string }>({
    task_ids: Joi.string().min(1).max(20_000).required().description('Ids with commas between them.'),
  }),
);

const name = Joi.string().min(1).max(255);
const count = Joi.number().integer().min(1).max(10_000);
const seconds = Joi.number().min(0).max(31_536_000);

/** The bodies of the commands: to whom, and the arguments of each. */
const body = (fields: Joi.SchemaMap): Joi.ObjectSchema<CommandBody> =>
  prepared<CommandBody>(Joi.object<CommandBody>({ workers: targets.required(), ...fields }).required());

/** A command's body: targets, and what the command takes. */
export interface CommandBody {
  readonly workers: 'all' | readonly string[];
  readonly [argument: string]: unknown;
}

const rate = Joi.alternatives(
  Joi.number().min(0),
  Joi.string().pattern(/^\d{1,9}(\.\d{1,9})?(\/[smh])?$/, 'rate'),
).allow(null);

export const commandSchemas = {
  ping: body({}),
  shutdown: body({}),
  poolGrow: body({ n: count.default(1).description('Slots more.') }),
  poolShrink: body({ n: count.default(1).description('Slots fewer.') }),
  poolRestart: body({
    modules: Joi.array().items(name).max(1000).description('Modules to import; Python only.'),
    reload: Joi.boolean().default(false).description('Import them again if they are there; Python only.'),
  }),
  autoscale: body({
    max: Joi.number().integer().min(1).max(10_000).required(),
    min: Joi.number().integer().min(0).max(10_000).required(),
  }),
  addConsumer: body({
    queue: name.required(),
    exchange: name,
    exchange_type: Joi.string().valid('direct', 'topic', 'fanout', 'headers'),
    routing_key: name,
  }),
  cancelConsumer: body({ queue: name.required() }),
  rateLimit: body({
    task_name: name.required(),
    rate_limit: rate.required().description('`10/s`, `100/m`, `1/h`, a number per second; 0 or null: none.'),
  }),
  timeLimit: body({
    task_name: name.required(),
    soft: seconds.allow(null).default(null).description('Seconds; null: none.'),
    hard: seconds.allow(null).default(null).description('Seconds; null: none.'),
  }),
  enableEvents: body({}),
  disableEvents: body({}),
} as const;
