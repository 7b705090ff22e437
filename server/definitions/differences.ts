import { QueueError } from '../../amqp';
import type { ManagementClient } from '../messaging';
import { argumentsOf, type DefinedExchange, type DefinedQueue } from './document';

type Settings = Readonly<Record<string, unknown>>;

const told = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

/** In RabbitMQ's order: flags before arguments. */
function firstDifference(asked: Settings, has: Settings): string | undefined {
  const names = [...new Set([...Object.keys(asked), ...Object.keys(has)])];
  const name = names.find((each) => told(asked[each]) !== told(has[each]));
  return name && `${name} is ${told(has[name])}, asked for was ${told(asked[name])}`;
}

/** A classic queue may say so or not. */
const settingsOf = (
  flags: Settings,
  { 'x-queue-type': type = 'classic', ...rest }: Settings = {},
): Settings => ({ ...flags, 'x-queue-type': type, ...rest });

function refuse(what: string, asked: Settings, has: Settings): void {
  const difference = firstDifference(asked, has);
  if (difference === undefined) return;
  throw new QueueError('PRECONDITION_FAILED', `The ${what} exists with other settings: ${difference}.`);
}

/**
 * What a declare of one that exists would be answered; without the management API only the declare itself can tell.
 *
 * @throws QueueError PRECONDITION_FAILED.
 */
export async function compareQueue(
  management: Pick<ManagementClient, 'queue'> | undefined,
  queue: DefinedQueue,
): Promise<void> {
  const has = await management?.queue(queue.name);
  if (has === null || has === undefined) return;
  const flags = ({ durable, auto_delete }: Partial<DefinedQueue>): Settings => ({ durable, auto_delete });
  refuse(
    `queue ${queue.name}`,
    settingsOf(flags(queue), argumentsOf(queue)),
    settingsOf(flags(has), has.arguments),
  );
}

/** The same of an exchange. @throws QueueError PRECONDITION_FAILED. */
export async function compareExchange(
  management: Pick<ManagementClient, 'exchange'> | undefined,
  exchange: DefinedExchange,
): Promise<void> {
  const has = await management?.exchange(exchange.name);
  if (has === null || has === undefined) return;
  const flags = ({ type, durable, auto_delete, internal }: Partial<DefinedExchange>): Settings => ({
    type,
    durable,
    auto_delete,
    internal,
  });
  refuse(
    `exchange ${exchange.name}`,
    { ...flags(exchange), ...exchange.arguments },
    { ...flags(has), ...has.arguments },
  );
}
