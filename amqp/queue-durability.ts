import type { Options } from 'amqplib';
import { hasCode } from './error-mapping';

/**
 * An argument no queue may have: with it a declare fails, whether the queue exists (then the broker names the first difference it
 * finds, and it looks at `durable` before any argument) or not (then nothing is created).
 */
const CONTRADICTION = { 'x-expires': 'never' } as const;

/** The first property in which a queue differs from a durable one with an impossible argument; undefined when it does not exist. */
export async function firstDifference(
  declare: (options: Options.AssertQueue) => Promise<unknown>,
): Promise<string | undefined> {
  try {
    await declare({ durable: true, arguments: CONTRADICTION });
  } catch (error) {
    if (hasCode(error, 'PRECONDITION_FAILED'))
      return /inequivalent arg '([^']+)'/.exec((error as Error).message)?.[1];
    throw error;
  }
  // A broker that takes the impossible argument takes it as equivalent: nothing differs, `durable` neither.
  return 'nothing';
}
