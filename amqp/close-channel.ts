import type { Channel } from 'amqplib';

/**
 * Closes a channel; never rejects, also when it is closed already. amqplib's own promise stays open for ever when the connection
 * ends before the broker answered, while the channel's `close` event always comes.
 */
export const closeChannel = (channel: Channel): Promise<void> =>
  new Promise((resolve) => {
    channel.once('close', resolve);
    channel.close().then(resolve, () => resolve());
  });
