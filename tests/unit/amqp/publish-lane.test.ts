import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConfirmChannel } from 'amqplib';
import { ConnectionError } from '../../../amqp';
import { PendingPublish } from '../../../amqp/pending-publish';
import { PublishLane } from '../../../amqp/publish-lane';

/** A channel that confirms when told to and whose buffer is full when told so. */
class ScriptedChannel extends EventEmitter {
  readonly confirms: ((error: unknown) => void)[] = [];
  full = false;

  publish(...args: unknown[]): boolean {
    this.confirms.push(args[4] as (error: unknown) => void);
    return !this.full;
  }

  /** As amqplib does: the error first, then every confirm callback, then `close`. */
  die(code: number, text: string): void {
    this.emit('error', Object.assign(new Error(text), { code }));
    for (const confirm of this.confirms.splice(0)) confirm(new Error('channel closed'));
    this.emit('close');
  }

  async close(): Promise<void> {
    this.emit('close');
  }
}

const setup = async () => {
  const channels: ScriptedChannel[] = [];
  const settled: PendingPublish[] = [];
  const refused: string[] = [];
  const silent: string[] = [];
  const lane = new PublishLane({
    connection: {
      openConfirmChannel: async () => {
        channels.push(new ScriptedChannel());
        return channels.at(-1) as unknown as ConfirmChannel;
      },
    },
    onSettled: (publish) => settled.push(publish),
    onRefused: ({ code }) => refused.push(code),
    onSilent: () => {
      silent.push('silent');
      return 'replace';
    },
  });
  lane.connected();
  await nextTurn();
  const publish = (deadline = 100, admittedAt = 0): { pending: PendingPublish; outcome: Promise<string> } => {
    const request = { exchange: 'x', routingKey: 'q', content: Buffer.from(''), properties: {} };
    const pending = new PendingPublish(request, {}, deadline, admittedAt);
    const outcome = pending.done.then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );
    lane.publish(pending);
    return { pending, outcome };
  };
  return { lane, channels, channel: channels[0] as ScriptedChannel, settled, refused, silent, publish };
};

describe('PublishLane', () => {
  it('refuses for certain at the deadline what was never written, and calls unknown what was', async () => {
    const { lane, channel, publish, settled } = await setup();
    channel.full = true;
    const written = publish();
    const waiting = publish();
    expect(lane.state).toBe('draining');
    lane.expire(100);
    expect(await written.outcome).toBe('PUBLISH_UNKNOWN');
    expect(await waiting.outcome).toBe('PUBLISHER_SATURATED');
    expect(settled).toEqual([waiting.pending]);
    channel.emit('drain');
    expect(channel.confirms).toHaveLength(1);
    channel.confirms[0]?.(null);
    expect(settled).toEqual([waiting.pending, written.pending]);
    await lane.close();
  });

  it('writes what waited, in order, when the channel takes more', async () => {
    const { lane, channel, publish } = await setup();
    channel.full = true;
    const outcomes = [publish(), publish(), publish()].map(({ outcome }) => outcome);
    channel.full = false;
    channel.emit('drain');
    for (const confirm of channel.confirms) confirm(null);
    expect(await Promise.all(outcomes)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(lane.idle).toBe(true);
    await lane.close();
  });

  it('knows only of the last written message that a missing exchange refused it, and opens a channel anew', async () => {
    const { lane, channels, channel, publish, refused } = await setup();
    const [first, last] = [publish(), publish()];
    channel.die(404, "NOT_FOUND - no exchange 'x' in vhost '/'");
    expect([await first.outcome, await last.outcome]).toEqual(['PUBLISH_UNKNOWN', 'EXCHANGE_NOT_FOUND']);
    expect(refused).toEqual(['EXCHANGE_NOT_FOUND']);
    const next = publish();
    while (channels.length < 2 || lane.state !== 'up') await nextTurn();
    channels[1]?.confirms[0]?.(null);
    expect(await next.outcome).toBe('accepted');
    await lane.close();
  });

  it('replaces a channel that answered nothing for as long as a message may take', async () => {
    const { lane, channels, channel, publish, silent } = await setup();
    const now = performance.now();
    const [unanswered, younger] = [publish(now + 10, now), publish(now + 1000, now)];
    lane.expire(now + 20);
    expect(await unanswered.outcome).toBe('PUBLISH_UNKNOWN');
    const next = publish(now + 1000, now);
    while (channels.length < 2 || lane.state !== 'up') await nextTurn();
    channels[1]?.confirms[0]?.(null);
    expect(await next.outcome).toBe('accepted');
    expect(silent).toEqual(['silent']);
    // What the old one was asked ends with it.
    for (const confirm of channel.confirms) confirm(new Error('channel closed'));
    expect(await younger.outcome).toBe('PUBLISH_UNKNOWN');
    await lane.close();
  });

  it('keeps a channel that is slow, and answers', async () => {
    const { lane, channels, channel, publish, silent } = await setup();
    const now = performance.now();
    const [slow, answered] = [publish(now + 10, now), publish(now + 10, now)];
    channel.confirms[1]?.(null);
    lane.expire(now + 20);
    expect([await slow.outcome, await answered.outcome]).toEqual(['PUBLISH_UNKNOWN', 'accepted']);
    await nextTurn();
    expect([channels.length, silent]).toEqual([1, []]);
    await lane.close();
  });

  it('refuses at once what waits when the connection goes', async () => {
    const { lane, channel, publish } = await setup();
    channel.full = true;
    publish().outcome.catch(() => undefined);
    const { outcome } = publish();
    lane.disconnected(new ConnectionError('CONNECTION_LOST', 'gone', { retryable: true }));
    expect(await outcome).toBe('CONNECTION_LOST');
    expect(lane.state).toBe('down');
  });
});
