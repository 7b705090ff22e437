import type { ConfirmPublisher } from '../../amqp';
import { parsePosition, type TaskHistoryReader, type TaskRecord } from '../../celery/history';
import type { Clock, Logger } from '../../runtime';
import type { WorkflowEnds } from '../workflows';
import type { Callbacks } from './callbacks';
import { type Delivery, deliveryMessage } from './delivery';
import type { DeliveryLog } from './delivery-log';
import { DELIVERIES } from './delivery-queues';
import type { EndpointBook } from './endpoint-book';
import { callbackDelivery, isFinal, taskDelivery, wants } from './task-event';
import { workflowDelivery } from './workflow-event';

export interface WebhookFeedDeps {
  readonly history: Pick<TaskHistoryReader, 'subscribe' | 'since' | 'position' | 'get'>;
  readonly book: Pick<EndpointBook, 'entries'>;
  readonly callbacks: Pick<Callbacks, 'offered'>;
  readonly workflows: Pick<WorkflowEnds, 'of'>;
  readonly log: Pick<DeliveryLog, 'get' | 'note' | 'checkpoint' | 'keepCheckpoint'>;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  /** Whether the streams, those of endpoints and workflows among them, were read to their end. */
  readonly ready: () => boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Events are gathered for this long. */
  readonly gatherMs: number;
}

/** How long to wait with what cannot be published now. */
const AGAIN_MS = 1000;
/** What was told since the last checkpoint is looked at again after a takeover. */
const CHECKPOINT_EVERY_MS = 5000;

/** A delivery that was queued. */
export const PENDING = {
  status: 'pending',
  lastStatus: null,
  lastError: null,
  durationMs: null,
  nextAttemptAt: null,
} as const;

/**
 * Turns what happens to tasks into deliveries. Of several gateways one does so; the one that takes over, also after all were
 * away, goes on where the delivery log says it was. What is told twice has the same id, and is passed over by the log.
 */
export class WebhookFeed {
  /** How far events were told; undefined until that is known. */
  #cursor: string | undefined;
  #checkpointAt = Number.NEGATIVE_INFINITY;
  #active: boolean = false;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(private readonly deps: WebhookFeedDeps) {}

  start(): void {
    this.#unsubscribe ??= this.deps.history.subscribe({}, () => this.#soon(this.deps.gatherMs));
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.deactivate();
    await this.#telling;
  }

  /** From now on this gateway is the one. */
  activate(): void {
    this.#active = true;
    this.#cursor = undefined;
    this.#soon(0);
  }

  /** Another one may be it. */
  deactivate(): void {
    this.#active = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #soon(ms: number): void {
    if (!this.#active) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // One after the other: a slow broker must not have events told twice at the same time.
      this.#telling = this.#telling.then(() => this.#tell());
    }, ms);
  }

  async #tell(): Promise<void> {
    const { history, book, callbacks, log, clock, logger, ready } = this.deps;
    if (!ready()) return this.#soon(AGAIN_MS);
    try {
      const until = history.position;
      // Without a word of how far it got, all that is held: an endpoint hears of nothing from before it was made.
      const from = this.#cursor ?? log.checkpoint ?? '';
      if (callbacks.offered || book.entries().length > 0) await this.#tellSince(from);
      this.#cursor = until;
      if (clock.now() - this.#checkpointAt < CHECKPOINT_EVERY_MS) return;
      await log.keepCheckpoint(until);
      this.#checkpointAt = clock.now();
    } catch (error) {
      logger.warn('webhook deliveries could not be queued yet', { error });
      this.#soon(AGAIN_MS);
    }
  }

  async #tellSince(from: string): Promise<void> {
    const { history, logger } = this.deps;
    const { changes, gap } = history.since(parsePosition(from) ?? {});
    if (gap) logger.warn('webhooks missed events: more came than are held');
    const ended = new Set<string>();
    for (const { subject, state, at } of changes) {
      const task = state === null ? undefined : history.get(subject);
      if (task === undefined || state === null) continue;
      for (const delivery of this.#deliveriesOf(task, state, at)) await this.#queue(delivery);
      if (isFinal(state)) ended.add(subject);
    }
    await this.#tellWorkflows(ended);
  }

  async #tellWorkflows(endedTasks: ReadonlySet<string>): Promise<void> {
    const { callbacks, workflows, clock } = this.deps;
    if (!callbacks.offered || endedTasks.size === 0) return;
    for (const end of await workflows.of(endedTasks)) await this.#queue(workflowDelivery(end, clock.now()));
  }

  *#deliveriesOf(task: TaskRecord, state: string, at: number): Iterable<Delivery> {
    const { book, callbacks, clock } = this.deps;
    const toldAt = Math.min(at, clock.now());
    for (const [endpointId, endpoint] of book.entries()) {
      if (at >= endpoint.createdAt && wants(endpoint, state, task))
        yield taskDelivery(endpointId, state, task, toldAt);
    }
    const callback = callbacks.offered ? callbackDelivery(state, task, toldAt) : undefined;
    if (callback !== undefined) yield callback;
  }

  async #queue(delivery: Delivery): Promise<void> {
    const { log, publisher } = this.deps;
    if (log.get(delivery.id) !== undefined) return;
    await publisher.publish({ exchange: '', routingKey: DELIVERIES, ...deliveryMessage(delivery) });
    await log.note(delivery, PENDING);
  }
}
