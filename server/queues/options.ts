import type { QueueDeclaration } from '../../amqp';

/** RabbitMQ's arguments under names of their own. */
export interface QueueOptions {
  readonly type?: 'classic' | 'quorum' | 'stream' | undefined;
  readonly maxPriority?: number | undefined;
  readonly messageTtlMs?: number | undefined;
  /** Unused for so long, the queue is deleted. */
  readonly expiresMs?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly maxLengthBytes?: number | undefined;
  readonly overflow?: 'drop-head' | 'reject-publish' | 'reject-publish-dlx' | undefined;
  readonly deliveryLimit?: number | undefined;
  readonly deadLetterExchange?: string | undefined;
  readonly deadLetterRoutingKey?: string | undefined;
  readonly deadLetterStrategy?: 'at-most-once' | 'at-least-once' | undefined;
  readonly singleActiveConsumer?: boolean | undefined;
  /** Of a stream, such as `7D`. */
  readonly maxAge?: string | undefined;
}

/** The argument of each option. */
export const QUEUE_ARGUMENTS = {
  type: 'x-queue-type',
  maxPriority: 'x-max-priority',
  messageTtlMs: 'x-message-ttl',
  expiresMs: 'x-expires',
  maxLength: 'x-max-length',
  maxLengthBytes: 'x-max-length-bytes',
  overflow: 'x-overflow',
  deliveryLimit: 'x-delivery-limit',
  deadLetterExchange: 'x-dead-letter-exchange',
  deadLetterRoutingKey: 'x-dead-letter-routing-key',
  deadLetterStrategy: 'x-dead-letter-strategy',
  singleActiveConsumer: 'x-single-active-consumer',
  maxAge: 'x-max-age',
} as const satisfies Readonly<Record<keyof QueueOptions, string>>;

/** The arguments of a declare; given ones that say the same win. */
export function queueArguments(
  options: QueueOptions,
  given: Readonly<Record<string, unknown>> = {},
): NonNullable<QueueDeclaration['arguments']> {
  const named = Object.entries(QUEUE_ARGUMENTS).flatMap(([option, argument]) => {
    const value = options[option as keyof QueueOptions];
    return value === undefined ? [] : [[argument, value] as const];
  });
  return { ...Object.fromEntries(named), ...given };
}

const LOCATORS = /^(client-local|balanced|least-leaders|min-masters|random)$/;

/** Arguments the broker does not check before it uses them: a value it does not know ends the connection, or leaves the declare unanswered. */
export function unknownArgumentValue(given: Readonly<Record<string, unknown>>): string | undefined {
  return ['x-queue-master-locator', 'x-queue-leader-locator'].find(
    (name) => given[name] !== undefined && !(typeof given[name] === 'string' && LOCATORS.test(given[name])),
  );
}

/** What RabbitMQ would refuse, or take and not do: it says so late, in other words, or never. */
export function optionProblem(
  options: QueueOptions,
  flags: { readonly durable: boolean; readonly exclusive: boolean; readonly autoDelete: boolean },
): string | undefined {
  const { type = 'classic' } = options;
  if (type !== 'classic' && (!flags.durable || flags.exclusive || flags.autoDelete))
    return `a ${type} queue is durable, not exclusive and not deleted by itself`;
  if (type !== 'classic' && options.maxPriority !== undefined) return 'only classic queues have priorities';
  if (type !== 'quorum' && options.deliveryLimit !== undefined) return 'only quorum queues limit deliveries';
  if (type !== 'quorum' && options.deadLetterStrategy !== undefined)
    return 'only quorum queues have a dead-letter strategy';
  if (options.deadLetterStrategy === 'at-least-once' && options.overflow !== 'reject-publish')
    return 'at-least-once dead-lettering needs overflow reject-publish';
  if (options.deadLetterRoutingKey !== undefined && options.deadLetterExchange === undefined)
    return 'a dead-letter routing key needs a dead-letter exchange';
  if (type !== 'stream' && options.maxAge !== undefined) return 'only streams have a largest age';
  if (type === 'stream' && (options.messageTtlMs ?? options.deadLetterExchange) !== undefined)
    return 'messages of a stream do not expire one by one and are not dead-lettered';
  return undefined;
}
