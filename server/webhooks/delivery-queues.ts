import type { Channel } from '../../amqp';

const PREFIX = 'celery-gateway.webhooks';

/** Deliveries that are due; every gateway takes from it. */
export const DELIVERIES = `${PREFIX}.deliveries`;
/** Deliveries that nobody took after the last attempt. */
export const DEAD = `${PREFIX}.dead`;
/** Empty: who consumes it, alone, is the gateway that turns events into deliveries. */
export const FEED = `${PREFIX}.feed`;
/** The endpoints. */
export const ENDPOINTS = `${PREFIX}.endpoints`;
/** What became of deliveries. */
export const LOG = `${PREFIX}.log`;

const DEAD_MAX_LENGTH = 100_000;

/** Where a delivery waits for its next attempt: a queue for each pause, since a queue lets go of its first message first. */
export function retryQueue(seconds: number): string {
  return `${PREFIX}.retry.${seconds}`;
}

/** Declares what deliveries need; all of it may exist. */
export async function declareDeliveryQueues(
  channel: Channel,
  retrySeconds: readonly number[],
): Promise<void> {
  await channel.assertQueue(DELIVERIES, { durable: true });
  await channel.assertQueue(DEAD, { durable: true, arguments: { 'x-max-length': DEAD_MAX_LENGTH } });
  for (const seconds of retrySeconds) {
    await channel.assertQueue(retryQueue(seconds), {
      durable: true,
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': DELIVERIES },
    });
  }
}
