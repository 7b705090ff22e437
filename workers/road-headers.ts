/** `[times parked, exchange, routing key]`: a message on its way through the broker's delay, see `Relocation.park`. */
export const PARKED_HEADER = 'x-celery-gateway-parked';

/** How often a message was handed back for a worker that knows its task. */
export const HANDED_BACK_HEADER = 'x-celery-gateway-handed-back';

/** Why a message was dead-lettered, and from where: a rejected message cannot say. */
export const DEAD_LETTER_HEADERS = {
  reason: 'x-celery-gateway-reason',
  detail: 'x-celery-gateway-detail',
  queue: 'x-celery-gateway-queue',
  exchange: 'x-celery-gateway-exchange',
  routingKey: 'x-celery-gateway-routing-key',
} as const;

const BROKERS = /^x-(?:death$|(?:first|last)-death-|delivery-count$|acquired-count$|opt-)/;

/**
 * The broker's marks of a message's road: dead-lettering and deliveries. A message published anew must not carry them, or
 * RabbitMQ takes it for one in a loop and drops it (celery/app/task.py `X_DEATH_HEADERS`).
 */
export const isBrokerMark = (name: string): boolean => BROKERS.test(name);

/** Those, and our own marks: what a retry, which begins a road of its own, leaves behind. */
export const isOfTheRoad = (name: string): boolean =>
  name.startsWith('x-') && (isBrokerMark(name) || name.startsWith('x-celery-gateway-'));
