import { type BroadcastOptions, type ControlReplies, WorkerDirectory } from '../../../../celery';
import { silentLogger } from '../../../../runtime';
import { RevokeCourier } from '../../../../server/revokes';
import { until } from '../../../support/until';

const NOW = 1_800_000_000_000;

function courier(answers: ControlReplies[] = []) {
  const sent: { method: string; args: unknown; to: readonly string[] | undefined }[] = [];
  const directory = new WorkerDirectory({ now: () => NOW });
  const under = new RevokeCourier({
    revokes: {
      idBatches: () => [{ taskIds: ['t1', 't2'], terminateWith: undefined }],
      stampBatches: () => [{ stamps: { customer: ['c1'] }, terminateWith: 'SIGKILL' }],
    },
    control: {
      broadcast: async (method, args, options: BroadcastOptions = {}) => {
        sent.push({ method, args, to: options.destination });
        return answers.shift() ?? { replies: { 'w@h': { ok: 'x' } }, missing: [] };
      },
    },
    workers: directory,
    logger: silentLogger(),
    renewEveryMs: 3_600_000,
    retryAfterMs: [1, 1, 1],
  });
  const event = (type: string, at = NOW) =>
    directory.onEvent({
      type,
      hostname: 'w@h',
      timestamp: at / 1000,
      receivedAt: at,
      fields: { freq: 2 },
    });
  return { under, sent, event };
}

describe('the courier of revokes', () => {
  it('tells a worker that comes online, by name: ids and stamps, each with how to end what runs', async () => {
    const { under, sent, event } = courier();
    await under.start();
    event('worker-online');
    await until(() => sent.length === 2);
    expect(sent).toEqual([
      {
        method: 'revoke',
        args: { task_id: ['t1', 't2'], terminate: false, signal: 'SIGTERM' },
        to: ['w@h'],
      },
      {
        method: 'revoke_by_stamped_headers',
        args: { headers: { customer: ['c1'] }, terminate: true, signal: 'SIGKILL' },
        to: ['w@h'],
      },
    ]);
    await under.stop();
  });

  it('does not tell again at each heartbeat, but after silence', async () => {
    const { under, sent, event } = courier();
    await under.start();
    event('worker-heartbeat');
    await until(() => sent.length === 2);
    event('worker-heartbeat');
    event('worker-offline');
    event('worker-heartbeat');
    await until(() => sent.length === 4);
    await under.stop();
    expect(sent).toHaveLength(4);
  });

  it('does not tell a worker that was online long ago, as a replayed log has it', async () => {
    const { under, sent, event } = courier();
    await under.start();
    event('worker-online', NOW - 60_000);
    await under.stop();
    expect(sent).toEqual([]);
  });

  it('tries again while the worker does not hear yet', async () => {
    const silent: ControlReplies = { replies: {}, missing: ['w@h'] };
    const { under, sent, event } = courier([silent, silent]);
    await under.start();
    event('worker-online');
    await until(() => sent.length === 4);
    expect(sent.map(({ method }) => method)).toEqual([
      'revoke',
      'revoke',
      'revoke',
      'revoke_by_stamped_headers',
    ]);
    await under.stop();
  });

  it('stopped, tells nobody', async () => {
    const { under, sent, event } = courier();
    await under.start();
    await under.stop();
    event('worker-online');
    expect(sent).toEqual([]);
  });
});
