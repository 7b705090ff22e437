import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for the broker to restart, short enough that a task which cannot go on fails and says so. */
const PATIENCE_MS = 20_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/**
 * Repeats a publish of a task's code while the broker surely has not taken it and may do so later (connection lost, blocked,
 * too much in flight): a task that the broker delivered a moment before must not fail because the publishing connection
 * comes back second. Mirrors the intent of Celery's `task_publish_retry` (celery/app/base.py `send_task`).
 *
 * @param signal asked for only once a publish failed: making it costs something
 */
export async function patiently<T>(publish: () => Promise<T>, signal: () => AbortSignal): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    try {
      return await publish();
    } catch (error) {
      if (!mayBeRepeated(error) || performance.now() + pauseMs > until) throw error;
    }
    const ended = signal();
    await delay(pauseMs, undefined, { signal: ended }).catch(() => {
      throw ended.reason;
    });
  }
}

/** By its shape: an error that came from another thread has lost its class. */
const mayBeRepeated = (error: unknown): boolean =>
  error instanceof Error && (error as { readonly retryable?: unknown }).retryable === true;
