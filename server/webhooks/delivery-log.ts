import { randomUUID } from 'node:crypto';
import type { ConfirmPublisher } from '../../amqp';
import { BoundedIndex, type LogEntry } from '../../celery/streams';
import type { Logger } from '../../runtime';
import { type Delivery, readDelivery } from './delivery';
import { LOG } from './delivery-queues';

export type DeliveryStatus = 'pending' | 'delivered' | 'retrying' | 'dead' | 'dropped';

/** What is known of a delivery. */
export interface LoggedDelivery {
  readonly delivery: Delivery;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** HTTP status of the last attempt; null where there was no answer. */
  readonly lastStatus: number | null;
  /** Why the last attempt failed; null where it did not. */
  readonly lastError: string | null;
  readonly durationMs: number | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly nextAttemptAt: number | null;
}

/** What became of one attempt. */
export type LogNews = Pick<
  LoggedDelivery,
  'status' | 'lastStatus' | 'lastError' | 'durationMs' | 'nextAttemptAt'
>;

export interface DeliveryLogDeps {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly maxEntries: number;
  readonly now: () => number;
  readonly logger: Pick<Logger, 'warn'>;
}

/** What became of the deliveries, as all gateways tell it: kept on a stream, its latest entries in memory. */
export class DeliveryLog {
  readonly #deliveries: BoundedIndex<string, LoggedDelivery>;

  #checkpoint: string | undefined;

  constructor(private readonly deps: DeliveryLogDeps) {
    this.#deliveries = new BoundedIndex(deps.maxEntries);
  }

  /** How far events were told, as the last one who told them noted. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** @throws RabbitMQError. */
  async keepCheckpoint(position: string): Promise<void> {
    await this.#publish({ checkpoint: position, at: this.deps.now() });
  }

  get(id: string): LoggedDelivery | undefined {
    return this.#deliveries.get(id);
  }

  /** Of one endpoint, latest news first. */
  of(endpointId: string): readonly LoggedDelivery[] {
    return [...this.#deliveries.values()]
      .filter(({ delivery }) => delivery.endpointId === endpointId)
      .reverse();
  }

  /** Writes down; a log that cannot be written does not stop a delivery. */
  async note(delivery: Delivery, news: LogNews): Promise<void> {
    const entry = { delivery, news, at: this.deps.now() };
    this.#learn(delivery, news, entry.at);
    try {
      await this.#publish(entry);
    } catch (error) {
      this.deps.logger.warn('a webhook delivery could not be logged', { delivery: delivery.id, error });
    }
  }

  /** An entry of the stream, of whichever gateway. */
  onEntry({ delivery: message }: LogEntry): void {
    try {
      const { delivery, news, at, checkpoint } = JSON.parse(message.content.toString());
      if (typeof checkpoint === 'string') this.#checkpoint = checkpoint;
      const known = readDelivery(Buffer.from(JSON.stringify(delivery ?? null)));
      if (known !== undefined && typeof at === 'number' && typeof news?.status === 'string') {
        this.#learn(known, news as LogNews, at);
      }
    } catch {
      // Anyone may publish to a stream.
    }
  }

  async #publish(entry: object): Promise<void> {
    await this.deps.publisher.publish({
      exchange: '',
      routingKey: LOG,
      content: Buffer.from(JSON.stringify(entry)),
      properties: { contentType: 'application/json', deliveryMode: 2, messageId: randomUUID() },
    });
  }

  #learn(delivery: Delivery, news: LogNews, at: number): void {
    const known = this.#deliveries.get(delivery.id);
    // Our own entries come back from the stream, and who queued a delivery may say so after another has brought it.
    if (known !== undefined && isEarlier(delivery, news, known)) return;
    this.#deliveries.set(delivery.id, {
      delivery,
      ...news,
      attempts: news.status === 'pending' ? 0 : delivery.attempt,
      createdAt: known?.createdAt ?? at,
      updatedAt: at,
    });
  }
}

/** Not by time: clocks of gateways differ. */
function isEarlier(delivery: Delivery, { status }: LogNews, known: LoggedDelivery): boolean {
  const { run, attempt } = delivery;
  if (run !== known.delivery.run) return run < known.delivery.run;
  if (attempt !== known.delivery.attempt) return attempt < known.delivery.attempt;
  return status === 'pending' && known.status !== 'pending';
}
