import { randomUUID } from 'node:crypto';
import type { TaskSubmission } from '../../celery';
import type { Logger } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import { type Claim, type Claims, keyOf } from '../idempotency';

/** Which submissions are taken for the same, and for how long. */
export interface Dedup {
  readonly key: string;
  /**
   * `until_done`: while a task of this key is not finished, others are that task. `throttle`: one task in each window, the
   * first. `debounce`: each submission puts the one before it aside and waits a window; so the last one runs.
   */
  readonly mode: 'until_done' | 'throttle' | 'debounce';
  readonly windowMs: number | undefined;
}

/** What came of a submission with a dedup window. */
export interface DedupedTask {
  readonly taskId: string;
  /** True: it is the task of an earlier submission, and nothing was sent. */
  readonly deduplicated: boolean;
}

export interface DeduplicationDeps {
  readonly claims: Claims;
  readonly submit: (task: TaskSubmission) => Promise<{ readonly taskId: string }>;
  readonly isFinished: (taskId: string) => Promise<boolean>;
  /** Puts a task aside that waits for its time. */
  readonly revoke: (taskId: string) => Promise<unknown>;
  /** The longest window: how long claims are kept. */
  readonly maxWindowMs: number;
  readonly leaseMs: number;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Another gateway is publishing the first task of a key: its outcome is waited for so long. */
const UNDECIDED_MS = 10_000;

/** Dedup windows, agreed on by all gateways of the vhost through the same claims as idempotency keys. */
export class Deduplication {
  constructor(private readonly deps: DeduplicationDeps) {}

  /**
   * Submits the task, unless its window has one already.
   * @param owner whose keys these are; the same key of another caller is another one.
   * @throws GatewayError IDEMPOTENCY_UNAVAILABLE, IDEMPOTENCY_IN_FLIGHT; what submitting throws.
   */
  async submit(task: TaskSubmission, dedup: Dedup, owner: string): Promise<DedupedTask> {
    const windowMs = this.checkedWindow(task, dedup);
    const { claims, leaseMs } = this.deps;
    const key = keyOf('dedup', owner, task.name, dedup.mode, dedup.key);
    const taskId = task.options?.taskId ?? randomUUID();
    const deadline = performance.now() + UNDECIDED_MS;
    let replaces: Claim | undefined;
    for (;;) {
      const outcome = await claims.claim(key, { fingerprint: taskId, leaseMs, replaces: replaces?.holder });
      if (outcome.won) {
        const sent = dedup.mode === 'debounce' ? delayed(task, taskId, windowMs) : withId(task, taskId);
        await this.send(sent, taskId, outcome.held, windowMs);
        if (dedup.mode === 'debounce' && replaces !== undefined)
          await this.putAside(await claims.valueOf(replaces));
        return { taskId, deduplicated: false };
      }
      const { claim } = outcome;
      if (claim.state === 'held') await this.undecided(key, deadline);
      else if (dedup.mode === 'debounce') replaces = claim;
      else {
        const first = await claims.valueOf(claim);
        const over = dedup.mode === 'until_done' && (await this.deps.isFinished(first));
        if (!over) return { taskId: first, deduplicated: true };
        replaces = claim;
      }
    }
  }

  private async send(
    task: TaskSubmission,
    taskId: string,
    held: { settle(value: string, forMs: number): Promise<void>; release(): Promise<void> },
    windowMs: number,
  ): Promise<void> {
    try {
      await this.deps.submit(task);
    } catch (error) {
      // Where nobody knows whether it was queued, the claim stays until its lease is over.
      if (!(error instanceof Error && 'code' in error && error.code === 'PUBLISH_UNKNOWN'))
        await held.release();
      throw error;
    }
    await held.settle(taskId, windowMs);
  }

  private checkedWindow(task: TaskSubmission, { mode, windowMs }: Dedup): number {
    const { maxWindowMs } = this.deps;
    const refuse = (pointer: string, detail: string): never => {
      throw inputError('REQUEST_INVALID', 'The request does not match its schema.', [{ pointer, detail }]);
    };
    if (windowMs !== undefined && windowMs > maxWindowMs) {
      refuse('/dedup/window_seconds', `must be at most ${maxWindowMs / 1000} (IDEMPOTENCY_TTL_SECONDS)`);
    }
    const { countdownSeconds, eta } = task.options ?? {};
    if (mode === 'debounce' && countdownSeconds !== undefined) refuse('/countdown', 'is what debounce sets');
    if (mode === 'debounce' && eta !== undefined) refuse('/eta', 'is what debounce sets');
    return windowMs ?? maxWindowMs;
  }

  private async undecided(key: string, deadline: number): Promise<void> {
    const leftMs = deadline - performance.now();
    if (leftMs > 0) return this.deps.claims.changed(key, Math.min(leftMs, 1000));
    throw new GatewayError('IDEMPOTENCY_IN_FLIGHT', 'The first task of this dedup key is still being sent.', {
      retryable: true,
    });
  }

  /** It cannot be taken off its queue, but no worker that hears of this runs it. */
  private async putAside(taskId: string): Promise<void> {
    try {
      await this.deps.revoke(taskId);
    } catch (error) {
      this.deps.logger.warn('a debounced task could not be revoked', { taskId, error });
    }
  }
}

const withId = (task: TaskSubmission, taskId: string): TaskSubmission => ({
  ...task,
  options: { ...task.options, taskId },
});

const delayed = (task: TaskSubmission, taskId: string, windowMs: number): TaskSubmission => ({
  ...task,
  options: { ...task.options, taskId, countdownSeconds: windowMs / 1000 },
});
