import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../../celery';
import type { Clock, LifecyclePart, Logger } from '../../runtime';
import { consumes, type QueuePause } from './queue-pause';
import type { PauseService } from './service';

export interface PauseWatchDeps {
  readonly service: Pick<PauseService, 'list' | 'hold' | 'release' | 'giveUp'>;
  readonly control: Pick<ControlClient, 'broadcast'>;
  readonly workers: { onAppeared(listener: (nodename: string) => void): () => void };
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'info' | 'debug'>;
  /** How often all workers are looked at while a queue is paused, in milliseconds. */
  readonly lookEveryMs: number;
  /** Waits between attempts to reach a worker that has just appeared, in milliseconds. */
  readonly retryAfterMs?: readonly number[];
}

/** A worker says that it is online before it hears commands. */
const RETRY_AFTER_MS = [250, 500, 1000, 2000, 4000, 8000];
/** Workers that were not told of a resume and stay away so long are given up. */
const GIVE_UP_AFTER_MS = 86_400_000;

/** Holds workers to the paused queues: those that join, and those that missed what they were told. */
export class PauseWatch implements LifecyclePart {
  readonly name = 'watch over paused queues';
  private abort = new AbortController();
  private unsubscribe: (() => void) | undefined;
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly deps: PauseWatchDeps) {}

  async start(): Promise<void> {
    if (this.unsubscribe !== undefined) return;
    this.abort = new AbortController();
    this.unsubscribe = this.deps.workers.onAppeared((node) => void this.onAppeared(node));
    this.looking = setInterval(() => void this.look([]), this.deps.lookEveryMs);
    this.looking.unref();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
    clearInterval(this.looking);
    this.abort.abort();
  }

  private async onAppeared(node: string): Promise<void> {
    const { signal } = this.abort;
    for (const wait of [0, ...(this.deps.retryAfterMs ?? RETRY_AFTER_MS)]) {
      if (wait > 0) await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted || this.deps.service.list().length === 0) return;
      if (await this.look([node])) return;
    }
  }

  /**
   * Compares what workers consume with what they should.
   * @returns whether all that were asked answered.
   */
  private async look(nodes: readonly string[]): Promise<boolean> {
    const { service, control, logger } = this.deps;
    const pauses = service.list();
    if (pauses.length === 0) return true;
    try {
      const { replies, missing } = await control.broadcast('active_queues', {}, { destination: nodes });
      for (const [node, reply] of Object.entries(replies)) {
        for (const [queue, pause] of pauses) await this.compare(node, reply, queue, pause);
      }
      return missing.length === 0;
    } catch (error) {
      logger.debug('workers were not compared with the paused queues', { error });
      return false;
    }
  }

  private async compare(node: string, reply: unknown, queue: string, pause: QueuePause): Promise<void> {
    const { service, clock, logger } = this.deps;
    if (pause.state === 'paused') {
      if (!consumes(reply, queue)) return;
      await service.hold(queue, node);
      logger.info('a worker was told that a queue is paused', { nodename: node, queue });
    } else if (pause.workers.includes(node)) await service.release(queue, node);
    else if (clock.now() - pause.since > GIVE_UP_AFTER_MS) await service.giveUp(queue);
  }
}
