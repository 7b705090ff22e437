import { hasCode, QueueError, type Topology } from '../../amqp';
import { DEAD_LETTER_HEADERS } from '../../celery/protocol';
import { queueArguments } from '../queues';

/** Retries one queue can have. */
export const MAX_RETRIES = 10;

export interface RetryRoad {
  readonly queue: string;
  readonly deadLetterQueue: string;
  /** How long a message waits before each of its retries, in milliseconds. */
  readonly delaysMs: readonly number[];
}

/** Where what dies in a queue with retries goes first. */
export const retryExchangeOf = (queue: string): string => `${queue}.retry`;

/** Where a message waits for its n-th retry, counted from 1. */
export const waitQueueOf = (queue: string, retry: number): string => `${queue}.retry-wait.${retry}`;

const byAttemptOf = (queue: string): string => `${queue}.retry.by-attempt`;
const firstOf = (queue: string): string => `${queue}.retry.first`;
const backOf = (queue: string): string => `${queue}.retry.back`;
/** The key a message comes back with, and so the count of its retries: a queue without a dead-letter routing key keeps it. */
const keyOf = (queue: string, retry: number): string => `${queue}.retry.${retry}`;

const RETRIES = Array.from({ length: MAX_RETRIES }, (_, index) => index + 1);
/** Nobody gains from having these again; and the broker drops what goes in a circle without ever being rejected. */
const FINAL_REASONS = ['expired', 'maxlen', 'delivery_limit'] as const;
/** RabbitMQ tells the last death from 3.13 on. */
const DEATHS = ['first', 'last'] as const;

type RetryBroker = Pick<
  Topology,
  'declareExchange' | 'declareQueue' | 'bindQueue' | 'unbindQueue' | 'queueStatus'
>;

/**
 * Declares the exchanges and queues in which RabbitMQ itself lets a rejected message wait and come back, as often as there are
 * delays. Doing it again with another number of retries changes it.
 *
 * - `<queue>.retry` (headers) sends what is final to the dead letters, the rest on to
 * - `<queue>.retry.by-attempt` (direct): by the key of the retry it came back by; without one on to
 * - `<queue>.retry.first` (fanout): its first retry.
 * - `<queue>.retry-wait.<n>` holds it for the time of its n-th retry, and `<queue>.retry.back` brings it home.
 *
 * @throws QueueError `PRECONDITION_FAILED` where a waiting queue exists with another delay.
 */
export async function declareRetryRoad(topology: RetryBroker, road: RetryRoad): Promise<void> {
  const { queue, delaysMs } = road;
  const [first, byAttempt, dying] = [firstOf(queue), byAttemptOf(queue), retryExchangeOf(queue)];
  await topology.declareExchange({ name: backOf(queue), type: 'direct' });
  await topology.declareExchange({ name: first, type: 'fanout' });
  await topology.declareExchange({
    name: byAttempt,
    type: 'direct',
    arguments: { 'alternate-exchange': first },
  });
  await topology.declareExchange({
    name: dying,
    type: 'headers',
    arguments: { 'alternate-exchange': byAttempt },
  });
  for (const [index, delayMs] of delaysMs.entries())
    await declareWaitQueue(topology, queue, index + 1, delayMs);
  await topology.bindQueue({ queue: waitQueueOf(queue, 1), exchange: first, routingKey: '' });
  await bindFinal(topology, road);
  for (const retry of RETRIES) await bindRetry(topology, road, retry);
}

/** A classic queue hands its expired messages on without confirms, and may lose some when the broker dies; this one keeps each until it arrived. */
async function declareWaitQueue(
  topology: RetryBroker,
  queue: string,
  retry: number,
  delayMs: number,
): Promise<void> {
  const name = waitQueueOf(queue, retry);
  const options = queueArguments({
    type: 'quorum',
    deadLetterStrategy: 'at-least-once',
    overflow: 'reject-publish',
    messageTtlMs: delayMs,
    deadLetterExchange: backOf(queue),
    deadLetterRoutingKey: keyOf(queue, retry),
  });
  try {
    await topology.declareQueue({ name, arguments: options });
  } catch (error) {
    if (!hasCode(error, 'PRECONDITION_FAILED')) throw error;
    throw new QueueError(
      'PRECONDITION_FAILED',
      `${name} exists with another delay. Delete it once it is empty, and set the retries up again.`,
      { cause: error },
    );
  }
}

/** What is not rejected, and what a worker has marked itself, is dead at once. */
async function bindFinal(topology: RetryBroker, { queue, deadLetterQueue }: RetryRoad): Promise<void> {
  const binding = { queue: deadLetterQueue, exchange: retryExchangeOf(queue), routingKey: '' };
  for (const death of DEATHS) {
    for (const reason of FINAL_REASONS) {
      const died = { [`x-${death}-death-queue`]: queue, [`x-${death}-death-reason`]: reason };
      await topology.bindQueue({ ...binding, arguments: { 'x-match': 'all-with-x', ...died } });
    }
  }
  // Without a value it is enough that the header is there.
  const marked = { 'x-match': 'all-with-x', [DEAD_LETTER_HEADERS.reason]: null };
  await topology.bindQueue({ ...binding, arguments: marked });
}

/** Where a message goes that comes back by this retry, and where it goes when it dies again. */
async function bindRetry(
  topology: RetryBroker,
  { queue, deadLetterQueue, delaysMs }: RetryRoad,
  retry: number,
): Promise<void> {
  const routingKey = keyOf(queue, retry);
  const exchange = byAttemptOf(queue);
  await topology.bindQueue({ queue, exchange: backOf(queue), routingKey });
  const toNext = { queue: waitQueueOf(queue, retry + 1), exchange, routingKey };
  const toDead = { queue: deadLetterQueue, exchange, routingKey };
  if (retry < delaysMs.length) {
    await topology.bindQueue(toNext);
    await topology.unbindQueue(toDead);
    return;
  }
  await topology.bindQueue(toDead);
  // Of an earlier set-up with more retries.
  if ((await topology.queueStatus(toNext.queue)) !== null) await topology.unbindQueue(toNext);
}
