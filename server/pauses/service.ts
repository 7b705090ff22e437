import type { ControlClient, ControlReplies, Inspector } from '../../celery';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import type { NamePolicy } from '../messaging';
import { outcomesOf, type WorkerOutcome } from '../workers';
import type { PauseBook } from './pause-book';
import { consumes, type QueuePause } from './queue-pause';

export interface PauseServiceDeps {
  readonly book: Pick<PauseBook, 'get' | 'entries' | 'change'>;
  readonly control: Pick<ControlClient, 'broadcast'>;
  readonly inspector: Pick<Inspector, 'forget'>;
  readonly names: Pick<NamePolicy, 'checkQueue'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What a pause or a resume did. */
export interface PauseOutcome {
  readonly queue: string;
  readonly pause: QueuePause | undefined;
  readonly outcomes: readonly WorkerOutcome[];
}

const NOTHING: ControlReplies = { replies: {}, missing: [] };

const union = (one: readonly string[], other: readonly string[]): readonly string[] => [
  ...new Set([...one, ...other]),
];

/** Pauses queues for all workers, those to come included, and resumes them where they were consumed. */
export class PauseService {
  constructor(private readonly deps: PauseServiceDeps) {}

  list(): readonly (readonly [string, QueuePause])[] {
    return this.deps.book.entries();
  }

  /**
   * Remembered before it is done: a gateway that dies in between leaves a pause that the others carry out.
   * @param by the key that asks.
   */
  async pause(queue: string, by: string | null): Promise<PauseOutcome> {
    const { book, names, clock, control } = this.deps;
    names.checkQueue(queue, '/queue_name');
    const active = await control.broadcast('active_queues');
    const consuming = Object.keys(active.replies).filter((node) => consumes(active.replies[node], queue));
    const pause = await book.change(queue, (known) => ({
      state: 'paused',
      since: known?.state === 'paused' ? known.since : clock.now(),
      by: known?.state === 'paused' ? known.by : by,
      workers: union(known?.workers ?? [], consuming),
    }));
    const { replies, missing } = await this.tell('cancel_consumer', queue, consuming);
    const silent = union(missing, active.missing);
    return { queue, pause, outcomes: outcomesOf({ replies, missing: silent }) };
  }

  /** @throws GatewayError QUEUE_NOT_PAUSED. */
  async resume(queue: string, by: string | null): Promise<PauseOutcome> {
    const { book, clock } = this.deps;
    const resuming = await book.change(queue, (known) => {
      if (known === undefined)
        throw new GatewayError('QUEUE_NOT_PAUSED', `The queue ${queue} is not paused.`);
      return known.state === 'resuming' ? known : { ...known, state: 'resuming', since: clock.now(), by };
    });
    const replies = await this.tell('add_consumer', queue, resuming?.workers ?? []);
    const pause = await this.settled(queue, Object.keys(replies.replies));
    return { queue, pause, outcomes: outcomesOf(replies) };
  }

  /** A worker that consumes a paused queue: remembered first, so that a resume knows of it, then told. */
  async hold(queue: string, node: string): Promise<void> {
    const pause = await this.deps.book.change(queue, (known) => {
      if (known?.state !== 'paused' || known.workers.includes(node)) return known;
      return { ...known, workers: [...known.workers, node] };
    });
    if (pause?.state === 'paused') await this.tell('cancel_consumer', queue, [node]);
  }

  /** A worker that could not be told of a resume before. */
  async release(queue: string, node: string): Promise<void> {
    const { replies } = await this.tell('add_consumer', queue, [node]);
    await this.settled(queue, Object.keys(replies));
  }

  /** Workers that are gone for good are not waited for any longer. */
  async giveUp(queue: string): Promise<void> {
    await this.deps.book.change(queue, (known) => (known?.state === 'resuming' ? undefined : known));
  }

  private settled(queue: string, told: readonly string[]): Promise<QueuePause | undefined> {
    return this.deps.book.change(queue, (known) => {
      if (known?.state !== 'resuming') return known;
      const left = known.workers.filter((node) => !told.includes(node));
      if (left.length === 0) return undefined;
      return left.length === known.workers.length ? known : { ...known, workers: left };
    });
  }

  private async tell(method: string, queue: string, nodes: readonly string[]): Promise<ControlReplies> {
    if (nodes.length === 0) return NOTHING;
    const replies = await this.deps.control.broadcast(method, { queue }, { destination: nodes });
    this.deps.inspector.forget();
    return replies;
  }
}
