import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient, RevokeLog } from '../../celery';
import type { LifecyclePart, Logger } from '../../runtime';

export interface RevokeCourierDeps {
  readonly revokes: Pick<RevokeLog, 'idBatches' | 'stampBatches'>;
  readonly control: Pick<ControlClient, 'broadcast'>;
  readonly workers: { onAppeared(listener: (nodename: string) => void): () => void };
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
  /** How often all workers are told again, in milliseconds: each forgets after `REVOKE_EXPIRES`, three hours. */
  readonly renewEveryMs: number;
  /** Waits between attempts to reach a worker that has just appeared, in milliseconds. */
  readonly retryAfterMs?: readonly number[];
}

/** A worker says that it is online before it hears commands, so the first attempts may go by. */
const RETRY_AFTER_MS = [250, 500, 1000, 2000, 4000, 8000, 15_000];

/**
 * Tells workers that appear of the revokes they may have missed, until they answer. Mingle has told most of them already; this
 * is for those started without it, for stamps, which mingle does not carry, and for workers that were cut off.
 */
export class RevokeCourier implements LifecyclePart {
  readonly name = 'revoke courier';
  /** One delivery for each worker at a time. */
  private readonly underWay = new Map<string, AbortController>();
  private unsubscribe: (() => void) | undefined;
  private renewal: NodeJS.Timeout | undefined;

  constructor(private readonly deps: RevokeCourierDeps) {}

  async start(): Promise<void> {
    if (this.unsubscribe !== undefined) return;
    this.unsubscribe = this.deps.workers.onAppeared((nodename) => this.onAppeared(nodename));
    this.renewal = setInterval(() => void this.renew(), this.deps.renewEveryMs);
    this.renewal.unref();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
    clearInterval(this.renewal);
    for (const delivery of this.underWay.values()) delivery.abort();
    this.underWay.clear();
  }

  private onAppeared(nodename: string): void {
    this.underWay.get(nodename)?.abort();
    const abort = new AbortController();
    this.underWay.set(nodename, abort);
    this.deliver(nodename, abort.signal)
      .catch((error: unknown) => this.deps.logger.warn('revokes were not delivered', { nodename, error }))
      .finally(() => {
        if (this.underWay.get(nodename) === abort) this.underWay.delete(nodename);
      });
  }

  private async deliver(nodename: string, signal: AbortSignal): Promise<void> {
    const waits = [...(this.deps.retryAfterMs ?? RETRY_AFTER_MS)];
    for (;;) {
      if (await this.tell(nodename)) return;
      const wait = waits.shift();
      if (wait === undefined) {
        this.deps.logger.warn('a worker does not answer: it was not told of revokes', { nodename });
        return;
      }
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** @returns whether the worker took all of them. */
  private async tell(nodename: string): Promise<boolean> {
    const options = { destination: [nodename] };
    let told = 0;
    for (const { method, args } of this.requests()) {
      const answer = await this.deps.control.broadcast(method, args, options).catch((error: unknown) => {
        this.deps.logger.debug('a revoke was not sent', { nodename, error });
        return undefined;
      });
      if (answer === undefined || answer.missing.length > 0) return false;
      told += 1;
    }
    if (told > 0) this.deps.logger.info('a worker that appeared was told of revokes', { nodename });
    return true;
  }

  private async renew(): Promise<void> {
    for (const { method, args } of this.requests()) {
      await this.deps.control.broadcast(method, args, { reply: false }).catch((error: unknown) => {
        this.deps.logger.debug('revokes were not renewed', { error });
      });
    }
  }

  private requests() {
    const { revokes } = this.deps;
    const terms = (terminateWith: string | undefined) => ({
      terminate: terminateWith !== undefined,
      signal: terminateWith ?? 'SIGTERM',
    });
    return [
      ...revokes.idBatches().map(({ taskIds, terminateWith }) => ({
        method: 'revoke',
        args: { task_id: taskIds, ...terms(terminateWith) },
      })),
      ...revokes.stampBatches().map(({ stamps, terminateWith }) => ({
        method: 'revoke_by_stamped_headers',
        args: { headers: stamps, ...terms(terminateWith) },
      })),
    ];
  }
}
