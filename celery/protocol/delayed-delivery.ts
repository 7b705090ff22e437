import type {
  BindingDeclaration,
  ExchangeBindingDeclaration,
  ExchangeDeclaration,
  QueueDeclaration,
} from '../../amqp';

/** One level for each bit of the delay in seconds (kombu/transport/native_delayed_delivery.py). */
const LEVELS = 28;

/** About eight and a half years. */
export const MAX_DELAY_SECONDS = 2 ** LEVELS - 1;

/** Where delayed messages come out again. */
export const DELAYED_DELIVERY_EXCHANGE = 'celery_delayed_delivery';

/** Where they go in: the exchange of the highest bit. */
export const DELAYED_ENTRY_EXCHANGE = `celery_delayed_${LEVELS - 1}`;

/** Type of the 28 queues, Celery's `broker_native_delayed_delivery_queue_type`. */
export type DelayedQueueType = 'classic' | 'quorum';

/** Everything native delayed delivery consists of, in the order it has to be declared. */
export interface DelayedTopology {
  readonly exchanges: readonly ExchangeDeclaration[];
  readonly queues: readonly QueueDeclaration[];
  readonly queueBindings: readonly BindingDeclaration[];
  readonly exchangeBindings: readonly ExchangeBindingDeclaration[];
}

const levelName = (level: number): string => `celery_delayed_${level}`;
const levelAfter = (level: number): string =>
  level === 0 ? DELAYED_DELIVERY_EXCHANGE : levelName(level - 1);
const topic = (name: string): ExchangeDeclaration => ({ name, type: 'topic', durable: true });

/** Matches keys whose bit of this level is `bit`: the bits above stand before it. */
const bitPattern = (level: number, bit: 0 | 1): string => `${'*.'.repeat(LEVELS - 1 - level)}${bit}.#`;

/**
 * The topology of native delayed delivery, the same to the byte as Python's: other arguments would be a 406 for whoever comes
 * second. A message whose bit is set waits 2^level seconds in the level's queue, else it skips it; then the next bit counts.
 * Mirrors kombu/transport/native_delayed_delivery.py `declare_native_delayed_delivery_exchanges_and_queues`.
 */
export function delayedTopology(queueType: DelayedQueueType): DelayedTopology {
  const levels = Array.from({ length: LEVELS }, (_each, index) => LEVELS - 1 - index);
  return {
    exchanges: [...levels.map((level) => topic(levelName(level))), topic(DELAYED_DELIVERY_EXCHANGE)],
    queues: levels.map((level) => ({
      name: levelName(level),
      durable: true,
      arguments: {
        'x-queue-type': queueType,
        'x-overflow': 'reject-publish',
        'x-message-ttl': 2 ** level * 1000,
        'x-dead-letter-exchange': levelAfter(level),
        ...(queueType === 'quorum' ? { 'x-dead-letter-strategy': 'at-least-once' } : {}),
      },
    })),
    queueBindings: levels.map((level) => ({
      queue: levelName(level),
      exchange: levelName(level),
      routingKey: bitPattern(level, 1),
    })),
    exchangeBindings: levels.map((level) => ({
      source: levelName(level),
      exchange: levelAfter(level),
      routingKey: bitPattern(level, 0),
    })),
  };
}

/** Messages that waited come in from the exchange of the level that let them go. */
export const isDelayedExchange = (exchange: string): boolean => exchange.startsWith('celery_delayed_');

const DELAY_PREFIX = new RegExp(`^(?:[01]\\.){${LEVELS}}`);

/** The routing key a delayed message had before; any other key as it is. */
export const withoutDelayPrefix = (routingKey: string): string => routingKey.replace(DELAY_PREFIX, '');

/**
 * The key under which a message waits so many whole seconds (kombu/transport/native_delayed_delivery.py
 * `calculate_routing_key`). A key that was delayed before loses its old prefix.
 */
export const delayedRoutingKey = (seconds: number, routingKey: string): string => {
  const bits = Math.min(seconds, MAX_DELAY_SECONDS).toString(2).padStart(LEVELS, '0');
  return `${[...bits].join('.')}.${withoutDelayPrefix(routingKey)}`;
};

/**
 * Last word of keys that mean a queue and not a topic's key. Python binds `#.<key>`: a delayed message for queue `a.b` would
 * also reach whoever is bound for `b`; no such pattern ends in this word.
 */
const QUEUE_WORD = 'celery-gateway-queue';

/** The key a message for this queue (default exchange) is delayed under. */
export const queueDelayKey = (queue: string): string => `${queue}.${QUEUE_WORD}`;

/** The queue a message came back to from such a delay; undefined for one that was delayed under a topic's key. */
export const queueOfDelayKey = (routingKey: string): string | undefined => {
  const key = withoutDelayPrefix(routingKey);
  return key.endsWith(`.${QUEUE_WORD}`) ? key.slice(0, -QUEUE_WORD.length - 1) : undefined;
};

/** Brings delayed messages for a queue back to it: exactly so many bits, then exactly its key. */
export const queueDelayBinding = (queue: string): BindingDeclaration => ({
  queue,
  exchange: DELAYED_DELIVERY_EXCHANGE,
  routingKey: `${'*.'.repeat(LEVELS)}${queueDelayKey(queue)}`,
});
