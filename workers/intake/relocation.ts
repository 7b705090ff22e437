import { type ConfirmPublisher, type Delivery, decodeHeaders, type HeaderTable } from '../../amqp';
import type { DelayedDelivery, Destination } from '../../celery/client';
import type { DeliveryInfo } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import type { Attempts, Settler } from '../execution';
import { DEAD_LETTER_HEADERS, HANDED_BACK_HEADER, isBrokerMark, PARKED_HEADER } from '../road-headers';
import type { DeadLetterRoute, DeadLetterRoutes } from './dead-letter-routes';
import { handedBackTimes, parkedTimes } from './road-marks';

export interface RelocationDeps {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly delayed: Pick<DelayedDelivery, 'towardsQueue' | 'forget'>;
  readonly deadLetters: Pick<DeadLetterRoutes, 'of'>;
  readonly settler: Pick<Settler, 'acknowledgeCopy'>;
  readonly attempts: Pick<Attempts, 'run'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Wait before another worker may try a task this one does not know: doubles with each time, in seconds. */
const FIRST_HAND_BACK_SECONDS = 1;
const MAX_HAND_BACK_SECONDS = 30;

type Step = () => Promise<Destination>;

/**
 * Moves a message without losing it: a copy goes out, and only when RabbitMQ has confirmed that one is the original
 * acknowledged. A crash in between repeats the message.
 */
export class Relocation {
  private readonly pending = new Set<Promise<boolean>>();

  constructor(private readonly deps: RelocationDeps) {}

  /** Leaves a task with the broker until shortly before its ETA (epoch ms). False: it is still here. */
  park(delivery: Delivery, { exchange, routingKey }: DeliveryInfo, until: number): Promise<boolean> {
    const headers = { [PARKED_HEADER]: [parkedTimes(delivery.headers) + 1, exchange, routingKey] };
    return this.track(this.move('park', delivery, headers, () => this.delay(delivery, until)));
  }

  /** Gives a task to the queue's other workers, after a while. False: it is still here. */
  handBack(delivery: Delivery): Promise<boolean> {
    const times = handedBackTimes(delivery.headers);
    const seconds = Math.min(MAX_HAND_BACK_SECONDS, FIRST_HAND_BACK_SECONDS * 2 ** times);
    const until = this.deps.clock.now() + seconds * 1000;
    const headers = { [HANDED_BACK_HEADER]: times + 1 };
    return this.track(this.move('hand-back', delivery, headers, () => this.delay(delivery, until)));
  }

  /** Sends a message that is no task to its dead-letter exchange with the reason. False: it is still here. */
  async deadLetter(delivery: Delivery, reason: string, detail: string): Promise<boolean> {
    // It came back: its dead-letter exchange leads here, or somebody put it back. Its reason stays with it.
    if (delivery.headers[DEAD_LETTER_HEADERS.reason] !== undefined) return false;
    const moving = this.deps.deadLetters.of(delivery.queue).then((route) => {
      if (route === undefined) return false;
      const headers = deadLetterHeaders(delivery, reason, detail, this.deps.clock.now());
      return this.move('dead-letter', delivery, headers, async () => destinationOf(route, delivery));
    });
    return this.track(moving);
  }

  /** Resolves when nothing is on its way any more. */
  async idle(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending);
  }

  private delay({ queue }: Delivery, until: number): Promise<Destination> {
    return this.deps.delayed.towardsQueue(queue, until);
  }

  private async move(what: string, delivery: Delivery, marks: HeaderTable, towards: Step): Promise<boolean> {
    const { attempts, delayed, settler, logger } = this.deps;
    const taskId = String(delivery.headers.id ?? '');
    const copy = copyOf(delivery, marks);
    try {
      await attempts.run(what, taskId, async () => {
        try {
          const { exchange, routingKey } = await towards();
          await this.deps.publisher.publish({ exchange, routingKey, ...copy, trustedHeaders: true });
        } catch (error) {
          // Whatever it was, what is known of the broker's topology may be outdated.
          delayed.forget();
          throw error;
        }
      });
    } catch (error) {
      logger.warn('a message could not be moved', { what, taskId, queue: delivery.queue, error });
      return false;
    }
    settler.acknowledgeCopy(delivery);
    return true;
  }

  private track(moving: Promise<boolean>): Promise<boolean> {
    this.pending.add(moving);
    void moving.finally(() => this.pending.delete(moving)).catch(() => undefined);
    return moving;
  }
}

/**
 * The message as it came. Not its `expiration`: it would end the wait early, and workers look at the `expires` header; nor
 * its `userId`, which only the first sender may claim.
 */
function copyOf({ content, properties, headers }: Delivery, marks: HeaderTable) {
  const { expiration: _expiration, userId: _userId, ...kept } = properties;
  const own = Object.entries(decodeHeaders(headers)).filter(([name]) => !isBrokerMark(name));
  return { content, properties: { ...kept, headers: { ...Object.fromEntries(own), ...marks } } };
}

const destinationOf = ({ exchange, routingKey }: DeadLetterRoute, delivery: Delivery): Destination => ({
  exchange,
  routingKey: routingKey ?? delivery.routingKey,
  queue: null,
});

/** A header is one short line. */
const MAX_DETAIL = 500;

/** Cut between characters: half a surrogate pair is no text for AMQP. */
const shortened = (detail: string): string =>
  detail.length > MAX_DETAIL ? [...detail].slice(0, MAX_DETAIL).join('') : detail;

const deadLetterHeaders = (delivery: Delivery, reason: string, detail: string, now: number): HeaderTable => ({
  [DEAD_LETTER_HEADERS.at]: Math.floor(now / 1000),
  [DEAD_LETTER_HEADERS.reason]: reason,
  [DEAD_LETTER_HEADERS.detail]: shortened(detail),
  [DEAD_LETTER_HEADERS.queue]: delivery.queue,
  [DEAD_LETTER_HEADERS.exchange]: delivery.exchange,
  [DEAD_LETTER_HEADERS.routingKey]: delivery.routingKey,
});
