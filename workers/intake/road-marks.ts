import type { HeaderTable } from '../../amqp';
import {
  DELAYED_DELIVERY_EXCHANGE,
  isDelayedExchange,
  queueOfDelayKey,
  type TaskRequest,
  withoutDelayPrefix,
} from '../../celery/protocol';
import { HANDED_BACK_HEADER, PARKED_HEADER } from '../road-headers';

const count = (value: unknown): number => (Number.isSafeInteger(value) ? Math.max(0, value as number) : 0);

/** How often a message went through the broker's delay for a worker. */
export function parkedTimes(headers: HeaderTable): number {
  const mark = headers[PARKED_HEADER];
  return Array.isArray(mark) ? count(mark[0]) : 0;
}

export const handedBackTimes = (headers: HeaderTable): number => count(headers[HANDED_BACK_HEADER]);

/**
 * A task that waited in the broker, with the delivery info it had before: retries go where it was sent to, and monitors show a
 * queue instead of 28 bits. What Python delayed under a topic's key comes again the way it came, without the delay.
 */
export function beforeDelay(request: TaskRequest): TaskRequest {
  const { deliveryInfo, headers } = request;
  if (!isDelayedExchange(deliveryInfo.exchange)) return request;
  const origin = originOf(headers[PARKED_HEADER]) ?? unmarkedOrigin(deliveryInfo.routingKey);
  return { ...request, deliveryInfo: { ...deliveryInfo, ...origin } };
}

interface Origin {
  readonly exchange: string;
  readonly routingKey: string;
}

function originOf(mark: unknown): Origin | undefined {
  if (!Array.isArray(mark)) return undefined;
  const [, exchange, routingKey] = mark as readonly unknown[];
  return typeof exchange === 'string' && typeof routingKey === 'string'
    ? { exchange, routingKey }
    : undefined;
}

function unmarkedOrigin(routingKey: string): Origin {
  const queue = queueOfDelayKey(routingKey);
  if (queue !== undefined) return { exchange: '', routingKey: queue };
  return { exchange: DELAYED_DELIVERY_EXCHANGE, routingKey: withoutDelayPrefix(routingKey) };
}
