import type { Options } from 'amqplib';
import { RabbitMQError } from './errors';

/** A queue's arguments by name, e.g. `x-queue-type`, `x-dead-letter-exchange`. */
export type QueueArguments = Readonly<Record<string, string | number | boolean>>;

/** A type no queue has: the declare fails whether the queue exists or not, so nothing is ever created. */
const IMPOSSIBLE_TYPE = 'never';
/** More arguments than RabbitMQ knows; ends the questions whatever it answers. */
const MAX_QUESTIONS = 24;

const DIFFERENCE =
  /inequivalent arg '(?<name>[^']+)' for queue .*(?:current is the value '(?<value>[^']*)' of type '(?<type>[^']*)'|but current is '(?<bare>[^']*)')/s;

/**
 * Learns a queue's arguments without the management API: a declare that cannot fit is answered with the first difference and the
 * present value, and with that one granted the next declare tells the next. Each question costs a channel, so ask once per queue.
 *
 * @returns null when the broker answers something else
 */
export async function probeQueueArguments(
  declare: (options: Options.AssertQueue) => Promise<unknown>,
): Promise<QueueArguments | null> {
  const known: Record<string, string | number | boolean> = {};
  const flags = { durable: true, autoDelete: false, exclusive: false };
  for (let question = 0; question < MAX_QUESTIONS; question += 1) {
    const options = { ...flags, arguments: { ...known, 'x-queue-type': IMPOSSIBLE_TYPE } };
    const answer = await differenceAgainst(declare, options);
    if (answer === undefined) return null;
    const { name, value, type } = answer;
    if (name === 'durable') flags.durable = !flags.durable;
    else if (name === 'auto_delete') flags.autoDelete = !flags.autoDelete;
    else if (name === 'x-queue-type') return value === undefined ? known : { ...known, [name]: value };
    else if (value === undefined || Object.hasOwn(known, name)) return null;
    else known[name] = typed(value, type);
  }
  return null;
}

interface Difference {
  readonly name: string;
  /** Undefined where the queue has no such argument. */
  readonly value: string | undefined;
  readonly type: string | undefined;
}

async function differenceAgainst(
  declare: (options: Options.AssertQueue) => Promise<unknown>,
  options: Options.AssertQueue,
): Promise<Difference | undefined> {
  try {
    await declare(options);
    return undefined;
  } catch (error) {
    if (!(error instanceof RabbitMQError)) throw error;
    if (error.code !== 'PRECONDITION_FAILED') throw error;
    const name = /inequivalent arg '([^']+)'/.exec(error.message)?.[1];
    if (name === undefined) return undefined;
    const groups = DIFFERENCE.exec(error.message)?.groups;
    return { name, value: groups?.value ?? groups?.bare, type: groups?.type };
  }
}

function typed(value: string, type: string | undefined): string | number | boolean {
  if (type === 'bool') return value === 'true';
  return type === undefined || type === 'longstr' ? value : Number(value);
}
