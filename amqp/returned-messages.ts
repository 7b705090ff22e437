import { setTimeout as sleep } from 'node:timers/promises';
import { closeChannel } from './close-channel';
import type { AmqpConnection } from './connection';

const INTERVAL_MS = 20;
/** Other consumers may take what came back, so the number may never be seen. */
const PATIENCE_MS = 1000;

/**
 * Waits, a while, until a queue has so many messages ready. A closed channel's messages are back in a classic queue at once; a
 * quorum queue hears of the closing a moment later, and who looks in between sees a queue that lacks its head. Never rejects.
 */
export async function untilReturned(
  connection: Pick<AmqpConnection, 'openChannel'>,
  queue: string,
  count: number,
): Promise<void> {
  const channel = await connection.openChannel().catch(() => undefined);
  if (channel === undefined) return;
  try {
    const until = performance.now() + PATIENCE_MS;
    while ((await channel.checkQueue(queue)).messageCount < count && performance.now() < until)
      await sleep(INTERVAL_MS);
  } catch {
    // The queue or the link is gone: there is nothing to wait for.
  } finally {
    await closeChannel(channel);
  }
}
