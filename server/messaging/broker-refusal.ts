import { QueueError, RabbitMQError } from '../../amqp';
import { inputError } from '../errors';

/** Reply codes by which RabbitMQ ends a connection for what it was told to do: 502, 503, 540, 541. */
const FOR_A_COMMAND: ReadonlySet<unknown> = new Set([502, 503, 540, 541]);

/** RabbitMQ's own text within amqplib's. */
const QUOTED = /with message "(?:[A-Z_]+ - )?(?<text>.*)"$/s;
const INVALID = /^invalid arg '(?<name>[^']+)' for (?:queue|exchange) '.*' in vhost '.*?': (?<why>.*)$/s;
const DIFFERENT =
  /^inequivalent arg '(?<name>[^']+)' for (?<kind>queue|exchange) '(?<what>.*)' in vhost '.*?': received (?<asked>.*) but current is (?<has>.*)$/s;
const OCCUPIED = /^(?<kind>queue|exchange) '(?<what>.*)' in vhost '.*?' (?<how>not empty|in use)$/s;

/** `the value 'x' of type 'longstr'`, `'x'` or `none`. */
const bare = (value: string): string => /'([^']*)'/.exec(value)?.[1] ?? value;

function precondition(text: string, cause: RabbitMQError): RabbitMQError {
  const invalid = INVALID.exec(text)?.groups;
  if (invalid !== undefined)
    return inputError('REQUEST_INVALID', 'RabbitMQ does not take these arguments.', [
      { pointer: `/arguments/${invalid.name}`, detail: `RabbitMQ says: ${invalid.why?.replaceAll('"', '')}` },
    ]);
  const different = DIFFERENT.exec(text)?.groups;
  const occupied = OCCUPIED.exec(text)?.groups;
  const said =
    different !== undefined
      ? `The ${different.kind} ${different.what} exists with other settings: ${different.name} is ${bare(different.has ?? '')}, asked for was ${bare(different.asked ?? '')}.`
      : occupied !== undefined
        ? `The ${occupied.kind} ${occupied.what} ${OCCUPANTS[`${occupied.kind} ${occupied.how}`] ?? occupied.how}.`
        : text;
  return new QueueError('PRECONDITION_FAILED', said, { cause });
}

const OCCUPANTS: Readonly<Record<string, string>> = {
  'queue not empty': 'is not empty',
  'queue in use': 'has consumers',
  'exchange in use': 'has bindings',
};

/** What the broker refused of a declare, a bind or a delete, in words for who asked for it; other errors as they are. */
export function explainedRefusal(error: unknown): unknown {
  if (!(error instanceof RabbitMQError)) return error;
  const text = QUOTED.exec(error.message)?.groups?.text ?? error.message;
  if (error.code === 'PRECONDITION_FAILED') return precondition(text, error);
  if (FOR_A_COMMAND.has(error.details.replyCode))
    return new QueueError('COMMAND_INVALID', `RabbitMQ says: ${text}`, { cause: error });
  return error;
}

/** The promise; what the broker refuses is {@link explainedRefusal}. */
export async function explained<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw explainedRefusal(error);
  }
}
