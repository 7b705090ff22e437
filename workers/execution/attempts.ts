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
  private stopped = false;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly logger: Logger) {}

  /** Ends all waiting: what is not done by now fails with its last error. */
  stop(): void {
    this.stopped = true;
    for (const wake of this.waiting) wake();
  }

  /** Where `isVoid` says after a failed attempt that there is no need any more, it resolves without the thing done. */
  async run(
    what: string,
    taskId: string,
    action: () => Promise<unknown>,
    isVoid: () => boolean = never,
  ): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await action();
        return;
      } catch (error) {
        if (this.stopped || !mayHeal(error, attempt)) throw error;
        if (attempt === 0) this.logger.warn('settling waits', { what, taskId, reason: messageOf(error) });
      }
      await this.pause(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt));
      if (isVoid()) return;
    }
  }

  /**
   * The same for an action that gives something.
   * @throws SettlingVoid where `isVoid` says that there is no need any more.
   */
  async value<T>(what: string, taskId: string, action: () => Promise<T>, isVoid?: () => boolean): Promise<T> {
    let done: { readonly value: T } | undefined;
    const attempt = async (): Promise<void> => {
      done = { value: await action() };
    };
    await this.run(what, taskId, attempt, isVoid);
    if (done === undefined) throw new SettlingVoid();
    return done.value;
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
