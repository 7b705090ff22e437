import { Reject } from '../execution';
import type { ArgumentSchema } from '../registry';
import type {
  CheckedSubscriberSettings,
  SubscriberDefinition,
  SubscriberHandler,
  SubscriberSettings,
} from './subscriber-definition';

const DEFAULT_RETRY_DELAYS_SECONDS = [1, 10, 60];
/** Beyond it a wait is a schedule, and the broker's queue of it would long be forgotten. */
const MAX_RETRY_DELAY_SECONDS = 86_400;
const MAX_PREFETCH = 65_535;
/** As the gateway sets queues up (`POST /rabbitmq/dead-letters/setup`): so that it finds and replays them. */
const DEAD_LETTER_EXCHANGE = 'dead-letters';
const deadLetterQueueOf = (queue: string): string => `${queue}.dead`;

/**
 * Declares a subscriber: a consumer of plain messages, which are no Celery tasks. The payload is decoded by its content type:
 * JSON and msgpack as values, `text/*` as a string, anything else as a Buffer.
 *
 * @example defineSubscriber({ exchange: 'orders', routingKey: 'order.*', queue: 'billing' }, (context, order) => bill(order))
 * @throws Error for a declaration that cannot work
 */
export function defineSubscriber<Payload>(
  settings: CheckedSubscriberSettings<Payload>,
  handler: SubscriberHandler<Payload>,
): SubscriberDefinition;
export function defineSubscriber(
  settings: SubscriberSettings,
  handler: SubscriberHandler<unknown>,
): SubscriberDefinition;
export function defineSubscriber(
  settings: SubscriberSettings & { readonly schema?: ArgumentSchema<unknown> },
  handler: SubscriberHandler<never>,
): SubscriberDefinition {
  const {
    queue,
    exchange,
    exchangeType: type = 'topic',
    routingKey = '#',
    concurrency = 1,
    schema,
  } = settings;
  const { retryDelaysSeconds = DEFAULT_RETRY_DELAYS_SECONDS, deadLetters } = settings;
  const prefetch = Math.max(settings.prefetch ?? 2 * concurrency, concurrency);
  check(queue !== '', 'a subscriber needs a queue');
  check(exchange !== '', `${queue}: the default exchange binds every queue already; leave exchange out`);
  check(Number.isInteger(concurrency) && concurrency > 0, `${queue}: concurrency must be a positive integer`);
  check(
    Number.isInteger(prefetch) && prefetch <= MAX_PREFETCH,
    `${queue}: prefetch must be an integer to ${MAX_PREFETCH}`,
  );
  check(
    retryDelaysSeconds.every((seconds) => seconds > 0 && seconds <= MAX_RETRY_DELAY_SECONDS),
    `${queue}: retryDelaysSeconds must be from above 0 to ${MAX_RETRY_DELAY_SECONDS}`,
  );
  return {
    queue,
    exchange: exchange === undefined ? undefined : { name: exchange, type },
    routingKeys: typeof routingKey === 'string' ? [routingKey] : routingKey,
    bindingArguments: settings.bindingArguments,
    queueArguments: settings.queueArguments ?? {},
    concurrency,
    prefetch,
    retryDelaysMs: retryDelaysSeconds.map((seconds) => Math.ceil(seconds * 1000)),
    deadLetters:
      deadLetters === undefined
        ? { exchange: DEAD_LETTER_EXCHANGE, routingKey: queue, queue: deadLetterQueueOf(queue) }
        : { exchange: deadLetters.exchange, routingKey: deadLetters.routingKey ?? queue, queue: undefined },
    // Overloads tie the handler to its schema; from here on the payload is data.
    handle: (context, payload) =>
      handler(context, (schema === undefined ? payload : checked(schema, payload)) as never),
  };
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** No retry makes a payload another one. */
function checked(schema: ArgumentSchema<unknown>, payload: unknown): unknown {
  const outcome = schema.validate(payload);
  if (outcome.error === undefined) return outcome.value;
  throw new Reject(outcome.error.message, { cause: outcome.error });
}
