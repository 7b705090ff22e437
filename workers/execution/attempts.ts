import { RabbitMQError } from '../../amqp';
import { ContentError } from '../../celery/protocol';
import type { Logger } from '../../runtime';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** A result store that is no broker (Redis) gets about a minute; RabbitMQ is waited for, nothing works without it. */
const MAX_FOREIGN_ATTEMPTS = 15;

/**
 * Repeats a side effect of settling until it is done: while the broker is away, publishing fails at once, and a finished
 * task must not lose its result or next step for that. What repeating cannot cure is thrown.
 */
export class Attempts {
  private stopped: boolean = false;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly logger: Logger) {}

  /** Ends all waiting: what is not done by now fails with its last error. */
  stop(): void {
    this.stopped = true;
    for (const wake of this.waiting) wake();
  }

  /** Where `isVoid` says after a failed attempt that there is no need any more, it resolves without the thing done. */
  run(
    what: string,
    taskId: string,
    action: () => Promise<unknown>,
    isVoid: () => boolean = never,
  ): Promise<unknown> {
    return this.value(what, taskId, action, isVoid).catch((error: unknown) => {
      if (!(error instanceof SettlingVoid)) throw error;
    });
  }

  /**
   * The same for an action that gives something. Nearly always the first attempt does, and costs no more than itself.
   * @throws SettlingVoid where `isVoid` says that there is no need any more.
   */
  value<T>(
    what: string,
    taskId: string,
    action: () => Promise<T>,
    isVoid: () => boolean = never,
  ): Promise<T> {
    return action().catch((error: unknown) => this.again(what, taskId, action, isVoid, error));
  }

  private async again<T>(
    what: string,
    taskId: string,
    action: () => Promise<T>,
    isVoid: () => boolean,
    first: unknown,
  ): Promise<T> {
    let error = first;
    for (let attempt = 0; ; attempt += 1) {
      if (this.stopped || !mayHeal(error, attempt)) throw error;
      if (attempt === 0) this.logger.warn('settling waits', { what, taskId, reason: messageOf(error) });
      await this.pause(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt));
      if (isVoid()) throw new SettlingVoid();
      try {
        return await action();
      } catch (next) {
        error = next;
      }
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.waiting.add(wake);
    });
  }
}

/** What was to be done is another run's affair by now. */
export class SettlingVoid extends Error {
  override readonly name = 'SettlingVoid';
}

const never = (): boolean => false;

function mayHeal(error: unknown, attempt: number): boolean {
  // An unknown publish may have arrived; sent again under the same id it is at worst a repeat, never a loss.
  if (error instanceof RabbitMQError) return error.retryable || error.code === 'PUBLISH_UNKNOWN';
  return !(error instanceof ContentError) && !(error instanceof TypeError) && attempt < MAX_FOREIGN_ATTEMPTS;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
