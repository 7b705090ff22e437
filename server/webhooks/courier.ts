import type { Delivery as AmqpDelivery, ConfirmPublisher } from '../../amqp';
import type { Clock, Logger } from '../../runtime';
import { type AddressGuard, AddressRefused } from './address-guard';
import { type Delivery, deliveryMessage, readDelivery } from './delivery';
import type { DeliveryLog, LogNews } from './delivery-log';
import { DEAD, retryQueue } from './delivery-queues';
import { httpPost, NoAnswerInTime } from './http-post';
import type { Receiver, Receivers } from './receivers';
import { signatureHeaders } from './signature';

export interface CourierDeps {
  readonly receivers: Pick<Receivers, 'of' | 'gone'>;
  readonly guard: Pick<AddressGuard, 'addressOf'>;
  readonly log: Pick<DeliveryLog, 'note'>;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly timeoutMs: number;
  /** Pauses before the second attempt and those after it. */
  readonly retrySeconds: readonly number[];
  readonly random: () => number;
}

/** The outcome of an attempt: a status, or why there is none. */
interface Attempt {
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}

const GONE = 410;
/** A pause is up to this share longer: receivers that come back are not met by all at once. */
const JITTER = 0.2;
/** The broker takes back what cannot be settled; not at once, or it would come in circles. */
const REQUEUE_AFTER_MS = 1000;

/** Takes deliveries to their endpoints, and puts what failed where it waits for its next attempt. */
export class Courier {
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(private readonly deps: CourierDeps) {}

  onDelivery(message: AmqpDelivery): void {
    const work = this.#take(message).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** Ends the requests under way; the broker gives their deliveries to another gateway. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#underWay);
  }

  async #take(message: AmqpDelivery): Promise<void> {
    const delivery = readDelivery(message.content);
    try {
      if (delivery !== undefined) await this.#deliver(delivery);
      message.ack();
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        this.deps.logger.warn('a webhook delivery goes back to its queue', { delivery: delivery?.id, error });
        await new Promise((resolve) => setTimeout(resolve, REQUEUE_AFTER_MS));
      }
      message.nack({ requeue: true });
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const receiver = this.deps.receivers.of(delivery);
    if (receiver === undefined) {
      await this.deps.log.note(
        delivery,
        news(
          'dropped',
          undefined,
          'the webhook is switched off or deleted, or the secret of its callback is',
        ),
      );
      return;
    }
    const attempt = await this.#attempt(delivery, receiver);
    this.#stopping.signal.throwIfAborted();
    if (attempt.status !== null && attempt.status >= 200 && attempt.status < 300) {
      await this.deps.log.note(delivery, news('delivered', attempt));
    } else if (attempt.status === GONE) {
      await this.#gone(delivery, attempt);
    } else await this.#putBack(delivery, attempt);
  }

  async #attempt(delivery: Delivery, receiver: Receiver): Promise<Attempt> {
    const { guard, clock, timeoutMs } = this.deps;
    const startedAt = clock.monotonic();
    const ended = (status: number | null, error: string | null): Attempt => {
      return { status, error, durationMs: Math.round(clock.monotonic() - startedAt) };
    };
    try {
      const url = new URL(receiver.url);
      const signature = signatureHeaders(delivery.id, clock.now(), delivery.body, receiver.secrets());
      const headers = { 'content-type': 'application/json', 'user-agent': 'celery-gateway', ...signature };
      const address = await guard.addressOf(url);
      const { signal } = this.#stopping;
      const status = await httpPost({ url, address, headers, body: delivery.body, timeoutMs, signal });
      return ended(status, status >= 200 && status < 300 ? null : `HTTP status ${status}`);
    } catch (error) {
      return ended(null, reasonOf(error));
    }
  }

  /** The receiver says that it is gone for good. */
  async #gone(delivery: Delivery, attempt: Attempt): Promise<void> {
    await this.deps.receivers.gone(delivery);
    this.deps.logger.info('the receiver of a webhook says that it is gone', {
      webhook: delivery.endpointId,
    });
    await this.deps.log.note(delivery, news('dropped', attempt));
  }

  /** Confirmed before the delivery is acknowledged: it is in one queue or the other, or in both. */
  async #putBack(delivery: Delivery, attempt: Attempt): Promise<void> {
    const { retrySeconds, publisher, log, clock, random } = this.deps;
    const seconds = retrySeconds[delivery.attempt - 1];
    if (seconds === undefined) {
      await publisher.publish({ exchange: '', routingKey: DEAD, ...deliveryMessage(delivery) });
      await log.note(delivery, news('dead', attempt));
      return;
    }
    const waitMs = Math.round(seconds * 1000 * (1 + random() * JITTER));
    const { content, properties } = deliveryMessage({ ...delivery, attempt: delivery.attempt + 1 });
    await publisher.publish({
      exchange: '',
      routingKey: retryQueue(seconds),
      content,
      properties: { ...properties, expiration: String(waitMs) },
    });
    await log.note(delivery, { ...news('retrying', attempt), nextAttemptAt: clock.now() + waitMs });
  }
}

function news(
  status: LogNews['status'],
  attempt: Attempt | undefined,
  reason: string | null = null,
): LogNews {
  return {
    status,
    lastStatus: attempt?.status ?? null,
    lastError: attempt?.error ?? reason,
    durationMs: attempt?.durationMs ?? null,
    nextAttemptAt: null,
  };
}

/** For the log, which callers read: codes, no addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return `the URL ${error.message}`;
  if (!(error instanceof Error)) return 'failed';
  if (error instanceof NoAnswerInTime) return 'no answer in time';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
