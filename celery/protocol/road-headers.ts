/** Why our worker dead-lettered a message, and from where: a message it publishes itself has no `x-death`. */
export const DEAD_LETTER_HEADERS = {
  reason: 'x-celery-gateway-reason',
  detail: 'x-celery-gateway-detail',
  queue: 'x-celery-gateway-queue',
  exchange: 'x-celery-gateway-exchange',
  routingKey: 'x-celery-gateway-routing-key',
  /** When, in epoch seconds. */
  at: 'x-celery-gateway-dead-at',
} as const;

/** How often a dead letter was replayed. */
export const REPLAY_COUNT_HEADER = 'x-replay-count';

const BROKERS = /^x-(?:death$|(?:first|last)-death-|delivery-count$|acquired-count$|opt-)/;

/**
 * The broker's marks of a message's road: dead-lettering and deliveries. A message published anew must not carry them, or
 * RabbitMQ takes it for one in a loop and drops it (celery/app/task.py `X_DEATH_HEADERS`).
 */
export const isBrokerMark = (name: string): boolean => BROKERS.test(name);
