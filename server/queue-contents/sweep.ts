import { type Delivery, hasCode, type QueueCursor } from '../../amqp';
import { BatchWindow } from '../batch';
import type { OperationHandle } from '../operations';
import type { MessageTest } from './message-filter';
import { Pacer } from './pacer';

/** What is done with each chosen message. */
export interface SweepPlan {
  readonly queue: string;
  /** Undefined chooses every message. */
  readonly test: MessageTest | undefined;
  /** Undefined: only counted. `skipped` leaves the message. */
  readonly act: ((delivery: Delivery) => Promise<'done' | 'skipped'> | 'done' | 'skipped') | undefined;
  /** Whether a message that was dealt with leaves the queue. */
  readonly removes: boolean;
  /** Messages chosen, at most. */
  readonly limit: number | undefined;
  readonly ratePerSecond: number | undefined;
}

export interface SweepBroker {
  openCursor(
    queue: string,
    prefetch: number,
  ): Promise<Pick<QueueCursor, 'waiting' | 'next' | 'leave' | 'renew' | 'release'>>;
  /** Resolves when the broker is there (again). */
  ready(timeoutMs: number): Promise<void>;
}

export interface SweepDeps {
  readonly broker: SweepBroker;
  /** Messages looked at, at most: those that are left are held until the end. */
  readonly maxScan: number;
  readonly monotonic: () => number;
}

/** Messages under way at a time: what a lost link can leave in both queues. */
export const WINDOW = 1000;
/** Until the size of the messages is known. */
const FIRST_PREFETCH = 50;
const MIN_PREFETCH = 10;
/** Bodies the broker may send ahead, in bytes. */
const AHEAD_BYTES = 16 * 1024 * 1024;
/** How long a lost broker is waited for before the operation fails. */
const RECONNECT_MS = 60_000;

/** Failures of the link, not of a message: begun anew when it is back. */
const LINK_CODES = [
  'BROKER_UNREACHABLE',
  'CONNECTION_LOST',
  'CONNECTION_BLOCKED',
  'CHANNEL_CLOSED',
  'PUBLISH_UNKNOWN',
  'PUBLISHER_SATURATED',
] as const;

/** Failures that every further message would meet as well. */
const HOPELESS_CODES = ['EXCHANGE_NOT_FOUND', 'ACCESS_REFUSED'] as const;

const SCANNED = { scanned: 1 } as const;
const CHOSEN = { scanned: 1, matched: 1 } as const;
const DONE = { done: 1 } as const;
const SKIPPED = { skipped: 1 } as const;

type Cursor = Awaited<ReturnType<SweepBroker['openCursor']>>;

/**
 * Goes through a queue once, from its head, and does something with the chosen messages: each is acknowledged only after it
 * was dealt with, so a crash anywhere loses none. New messages that come meanwhile are not looked at.
 */
export class Sweep {
  private readonly pacer: Pacer;
  private readonly window = new BatchWindow(WINDOW);
  private underWay = 0;
  private onIdle: (() => void) | undefined;
  /** Messages still to be looked at. */
  private left = 0;
  private failure: unknown;
  private bytes = 0;
  private received = 0;
  private sized: boolean = false;

  constructor(
    private readonly plan: SweepPlan,
    private readonly operation: OperationHandle,
    private readonly deps: SweepDeps,
  ) {
    this.pacer = new Pacer(plan.ratePerSecond, deps.monotonic);
  }

  /** @throws RabbitMQError when it cannot go on; what it did until then is done. */
  async run(): Promise<void> {
    for (;;) {
      try {
        await this.pass();
        return;
      } catch (error) {
        // A copy begun anew would copy again what it has copied.
        const repeatable = this.plan.removes && hasCode(error, ...LINK_CODES);
        if (!repeatable || this.operation.signal.aborted) throw error;
        this.operation.note(
          'The link to the broker failed on the way; messages under way may be in both queues.',
        );
        await this.deps.broker.ready(RECONNECT_MS);
      }
    }
  }

  private async pass(): Promise<void> {
    this.failure = undefined;
    this.sized = false;
    this.bytes = 0;
    this.received = 0;
    const cursor = await this.deps.broker.openCursor(this.plan.queue, this.prefetch(FIRST_PREFETCH));
    try {
      this.left = Math.min(this.deps.maxScan, cursor.waiting);
      if (this.operation.progress.total === null) this.operation.setTotal(cursor.waiting);
      await this.walk(cursor);
    } finally {
      await this.idle();
      await cursor.release();
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private async walk(cursor: Cursor): Promise<void> {
    const { plan, operation } = this;
    while (this.mayGoOn()) {
      const delivery = await cursor.next();
      if (delivery === undefined) return;
      this.left -= 1;
      if (!this.sized) await this.size(cursor, delivery);
      const chosen = plan.test === undefined || plan.test(delivery);
      operation.count(chosen ? CHOSEN : SCANNED);
      if (!chosen || plan.act === undefined) {
        cursor.leave();
        continue;
      }
      if (plan.ratePerSecond !== undefined) await this.pacer.turn(operation.signal);
      const place = this.window.take();
      if (place !== undefined) await place;
      if (operation.signal.aborted) {
        this.window.free();
        return;
      }
      void this.deal(cursor, delivery);
    }
  }

  private mayGoOn(): boolean {
    const { limit = Number.POSITIVE_INFINITY } = this.plan;
    const { matched } = this.operation.progress;
    const more = this.left > 0 && matched < limit;
    return more && this.failure === undefined && !this.operation.signal.aborted;
  }

  /** Resolves when nothing is under way. */
  private idle(): Promise<void> {
    if (this.underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onIdle = resolve;
    });
  }

  private async deal(cursor: Cursor, delivery: Delivery): Promise<void> {
    const { operation, plan } = this;
    this.underWay += 1;
    try {
      const outcome = await plan.act?.(delivery);
      if (outcome === 'skipped' || !plan.removes) cursor.leave();
      else if (!delivery.ack()) operation.count({ inDoubt: 1 });
      operation.count(outcome === 'skipped' ? SKIPPED : DONE);
    } catch (error) {
      cursor.leave();
      this.notDone(error);
    } finally {
      this.window.free();
      this.underWay -= 1;
      if (this.underWay === 0) this.onIdle?.();
    }
  }

  private notDone(error: unknown): void {
    const { operation } = this;
    if (hasCode(error, ...LINK_CODES)) {
      this.failure ??= error;
      // It comes again: it was not dealt with yet, and may be there already.
      operation.count({ matched: -1, inDoubt: hasCode(error, 'PUBLISH_UNKNOWN') ? 1 : 0 });
      return;
    }
    operation.count({ failed: 1 });
    operation.problem(error instanceof Error ? error.message : String(error));
    if (hasCode(error, ...HOPELESS_CODES)) this.failure ??= error;
  }

  /** The more messages fit into the bytes allowed, the more may come ahead. */
  private async size(cursor: Cursor, delivery: Delivery): Promise<void> {
    this.bytes += delivery.content.length;
    this.received += 1;
    if (this.received < FIRST_PREFETCH) return;
    this.sized = true;
    const average = Math.max(1, this.bytes / this.received);
    const fitting = Math.max(MIN_PREFETCH, Math.floor(AHEAD_BYTES / average));
    await cursor.renew(this.prefetch(Math.min(2 * WINDOW, fitting)));
  }

  /** No more than are wanted: what comes and is not needed goes back marked as redelivered. */
  private prefetch(most: number): number {
    const { limit, test } = this.plan;
    return limit === undefined || test !== undefined
      ? most
      : Math.max(1, Math.min(most, limit - this.operation.progress.matched));
  }
}
