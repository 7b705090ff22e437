import { RevokeLog } from '../../../celery';
import { until } from '../../support/until';
import { type Rig, startRig } from './rig';

const HOLD_SECONDS = 60;
const HOUR = 3_600_000;

describe('revokes on a stream that keeps entries for less time than some of them hold', () => {
  let rig: Rig;
  /** What the clock is ahead. */
  let aheadMs = 0;

  const open = async (): Promise<RevokeLog> => {
    const log = await rig.cleanup.stops(
      new RevokeLog({
        connection: rig.connections.consume,
        topology: rig.topology,
        publisher: rig.publisher,
        maxAgeSeconds: HOLD_SECONDS,
        maxEntries: 5000,
        logger: rig.logger,
        now: () => Date.now() + aheadMs,
      }),
    );
    await log.start();
    await until(() => log.status.ready, { timeoutMs: 30_000, what: 'the log' });
    return log;
  };
  const written = async (): Promise<number> => {
    const channel = await rig.connections.consume.openChannel();
    const entries: string[] = [];
    await channel.prefetch(100, false);
    await channel.consume(
      'celery-gateway.revokes',
      (delivery) => {
        if (delivery === null) return;
        entries.push(delivery.content.toString());
        channel.ack(delivery);
      },
      { arguments: { 'x-stream-offset': 'first' } },
    );
    const last = JSON.stringify({ last: Math.random() });
    channel.sendToQueue('celery-gateway.revokes', Buffer.from(last));
    await until(() => entries.includes(last), { timeoutMs: 30_000 });
    await channel.close();
    return entries.filter((text) => text.includes('"kind":"ids"')).length;
  };

  beforeAll(async () => {
    rig = await startRig('revoke-log');
  });
  afterAll(() => rig.cleanup.run());

  it('are written again in time, and read by a gateway that starts long after', async () => {
    const [one, two] = [await open(), await open()];
    const due = Date.now() + 5 * HOUR;
    await one.addIds(['now', 'in five hours'], 'SIGKILL', (taskId) =>
      taskId === 'now' ? undefined : { notBefore: due },
    );
    await until(() => two.ids().length === 2, { timeoutMs: 30_000 });
    expect(await written()).toBe(2);

    aheadMs = HOUR;
    await one.renew();
    expect(await written()).toBe(3);
    const late = await open();
    expect(late.ids()).toEqual(['in five hours']);
    expect(late.idBatches()).toEqual([{ terminateWith: 'SIGKILL', taskIds: ['in five hours'] }]);
    expect(late.expiryOf('in five hours')).toBe(one.expiryOf('in five hours'));
    expect(late.expiryOf('in five hours')).toBeGreaterThanOrEqual(due + HOLD_SECONDS * 1000);

    aheadMs = 7 * HOUR;
    expect(late.ids()).toEqual([]);
  }, 60_000);
});
