import type { Delivery } from '../../amqp';
import {
  type ContentProtection,
  peekTaskName,
  type ReadOptions,
  type ReadOutcome,
  readTaskMessage,
  type TaskRequest,
} from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import { type Settler, type TaskEvents, TaskRun } from '../execution';
import type { TaskRegistry } from '../registry';
import { admit, type RevokedLookup } from './admission';
import { type RecentlySettled, runKey } from './recently-settled';
import type { Relocation } from './relocation';
import { beforeDelay, handedBackTimes } from './road-marks';

type MalformedMessage = Extract<ReadOutcome, { readonly kind: 'malformed' }>;

/** Where deliveries come from, as far as intake cares. */
export interface DeliverySource {
  readonly generation: number;
}

export interface TaskIntakeDeps<Source extends DeliverySource> {
  readonly registry: TaskRegistry;
  readonly revoked: RevokedLookup;
  readonly recent: RecentlySettled;
  readonly settler: Settler;
  readonly events: Pick<TaskEvents, 'received'>;
  readonly relocation: Pick<Relocation, 'deadLetter' | 'handBack'>;
  /** Content types of messages this worker reads. */
  readonly accept: ReadonlySet<string>;
  /** Undoes what senders signed or encrypted. */
  readonly protection?: ContentProtection | undefined;
  /** How often a task nobody here knows is handed back for another worker; 0: it is rejected, as Celery does. */
  readonly maxHandBacks: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The run of this very request, retries included, that a slot of this process accepted and has not settled. */
  readonly unsettled: (request: TaskRequest) => TaskRun | undefined;
  readonly onRun: (run: TaskRun) => void;
  /** Before a task with an ETA counts as received: true when it is left with the broker instead. */
  readonly parks: (run: TaskRun, until: number, source: Source) => boolean;
  readonly onDefer: (run: TaskRun, until: number, source: Source) => void;
  readonly onDiscard: (run: TaskRun, reason: 'expired' | 'revoked') => void;
}

/**
 * From a delivery to an admitted run, in Celery's order: name known? readable? already ours? revoked or expired? then
 * received (celery/worker/consumer/consumer.py `on_task_received`, celery/worker/strategy.py).
 */
export class TaskIntake<Source extends DeliverySource> {
  private readonly reading: ReadOptions;

  constructor(private readonly deps: TaskIntakeDeps<Source>) {
    this.reading = { accept: deps.accept, protection: deps.protection };
  }

  receive(delivery: Delivery, source: Source): void {
    const { registry, logger } = this.deps;
    const name = peekTaskName(delivery);
    if (name !== undefined && registry.get(name) === undefined) {
      this.refuseUnknown(delivery, name);
      return;
    }
    const read = readTaskMessage(delivery, this.reading);
    if (read.kind === 'malformed') {
      const { reason, detail, taskId, task } = read;
      logger.error('unreadable message refused', { reason, detail, taskId, task, queue: delivery.queue });
      void this.refuseMalformed(delivery, read);
      return;
    }
    this.admit(beforeDelay(read.request), delivery, source);
  }

  private admit(request: TaskRequest, delivery: Delivery, source: Source): void {
    const { registry, revoked, events, clock } = this.deps;
    const definition = registry.get(request.task);
    if (definition === undefined) {
      this.refuseUnknown(delivery, request.task);
      return;
    }
    const { generation } = source;
    if (delivery.redelivered && this.isCopy(request, delivery, generation)) return;
    const run = new TaskRun({ request, definition, delivery, generation });
    const admission = admit(request, clock.now(), revoked);
    if (admission.kind === 'discard') {
      this.deps.onDiscard(run, admission.reason);
      return;
    }
    if (admission.kind === 'defer' && this.deps.parks(run, admission.until, source)) return;
    events.received(run);
    if (admission.kind === 'defer') this.deps.onDefer(run, admission.until, source);
    else this.deps.onRun(run);
  }

  /**
   * A message of a lost channel comes back while its run goes on here, or after it was answered for. The run takes the new
   * copy over, or the copy is answered at once; the code does not run twice in one process.
   */
  private isCopy(request: TaskRequest, delivery: Delivery, generation: number): boolean {
    const { recent, settler, unsettled, logger } = this.deps;
    const running = unsettled(request);
    if (running !== undefined && running.generation < generation) {
      logger.info('redelivered while it runs here', { taskId: request.id });
      running.generation = generation;
      if (running.acksLate) running.delivery = delivery;
      else settler.acknowledgeCopy(delivery);
      return true;
    }
    if (!recent.wasAnsweredBefore(runKey(request), generation)) return false;
    logger.info('redelivered after it was answered for', { taskId: request.id });
    settler.acknowledgeCopy(delivery);
    return true;
  }

  /** The reason goes along where a dead-letter exchange is known; else the broker dead-letters without one, or drops. */
  private async refuseMalformed(
    delivery: Delivery,
    { settle, reason, detail }: MalformedMessage,
  ): Promise<void> {
    const moved = settle === 'reject' && (await this.deps.relocation.deadLetter(delivery, reason, detail));
    if (!moved) this.deps.settler.refuse(delivery, settle);
  }

  private refuseUnknown(delivery: Delivery, task: string): void {
    const { maxHandBacks, relocation, logger } = this.deps;
    if (handedBackTimes(delivery.headers) >= maxHandBacks) {
      this.rejectUnknown(delivery, task);
      return;
    }
    logger.warn('unknown task handed back', { task, queue: delivery.queue });
    void relocation.handBack(delivery).then((moved) => {
      if (!moved) this.deps.settler.handBack(delivery);
    });
  }

  private rejectUnknown(delivery: Delivery, task: string): void {
    const { logger, settler } = this.deps;
    const { headers, properties } = delivery;
    const id = typeof headers.id === 'string' ? headers.id : properties.correlationId;
    logger.error('unknown task refused', { task, taskId: id, queue: delivery.queue });
    if (id === undefined || id === '') {
      settler.refuse(delivery, 'reject');
      return;
    }
    const address = {
      id,
      replyTo: properties.replyTo || null,
      correlationId: properties.correlationId ?? id,
    };
    void settler.refuseUnknown(delivery, address, task);
  }
}
