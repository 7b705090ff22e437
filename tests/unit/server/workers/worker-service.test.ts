import { type BroadcastOptions, type ControlReplies, WorkerDirectory } from '../../../../celery';
import { NamePolicy } from '../../../../server/messaging';
import { WorkerService } from '../../../../server/workers';

const NOW = 1_800_000_000_000;

function service(answers: Readonly<Record<string, ControlReplies>>) {
  const sent: { method: string; args: unknown; to: unknown; reply: unknown }[] = [];
  let forgotten = 0;
  const directory = new WorkerDirectory({ now: () => NOW });
  const answer = (method: string): ControlReplies => answers[method] ?? { replies: {}, missing: [] };
  const under = new WorkerService({
    inspector: {
      inspect: async (method) => answer(method),
      forget: () => {
        forgotten += 1;
      },
    },
    control: {
      broadcast: async (method, args, options: BroadcastOptions = {}) => {
        sent.push({ method, args, to: options.destination, reply: options.reply });
        return answer(method);
      },
    },
    directory,
    names: new NamePolicy([]),
    clock: { now: () => NOW },
    forgetAfterMs: 3_600_000,
  });
  const heartbeat = (hostname: string, at = NOW) =>
    directory.onEvent({
      type: 'worker-heartbeat',
      hostname,
      timestamp: at / 1000,
      receivedAt: at,
      fields: { freq: 2, loadavg: [1, 2, 3], active: 1 },
    });
  return { under, sent, heartbeat, forgotten: () => forgotten };
}

describe('the list of workers', () => {
  it('has those that answer, those with heartbeats and those that are gone, and says which is which', async () => {
    const { under, heartbeat } = service({
      ping: { replies: { 'b@h': { ok: 'pong' }, 'a@h': { ok: 'pong' } }, missing: ['silent@h'] },
      stats: { replies: { 'a@h': { pid: 1 } }, missing: [] },
    });
    heartbeat('silent@h');
    heartbeat('gone@h', NOW - 60_000);
    heartbeat('long gone@h', NOW - 3_600_001);
    const { workers, silent } = await under.list(['stats']);
    expect(workers.map(({ hostname, online }) => [hostname, online])).toEqual([
      ['a@h', true],
      ['b@h', true],
      ['gone@h', false],
      ['silent@h', true],
    ]);
    expect(workers[0]?.answers).toEqual({ ping: { ok: 'pong' }, stats: { pid: 1 } });
    expect(silent).toEqual(['silent@h']);
  });
});

describe('the detail of a worker', () => {
  it('of which nobody ever heard is an error', async () => {
    await expect(service({}).under.detail('x@h')).rejects.toMatchObject({ code: 'WORKER_NOT_FOUND' });
  });

  it('that is heard of and silent is told without answers', async () => {
    const { under, heartbeat } = service({});
    heartbeat('a@h', NOW - 60_000);
    expect(await under.detail('a@h')).toMatchObject({ online: false, answers: {} });
  });
});

describe('a command', () => {
  it('has an outcome for each worker, the silent ones included, and forgets what was inspected', async () => {
    const { under, sent, forgotten } = service({
      pool_grow: {
        replies: { 'b@h': { error: 'no' }, 'a@h': { ok: 'pool will grow' }, 'c@h': null },
        missing: ['d@h'],
      },
    });
    expect(await under.command('pool_grow', { n: 2 }, ['a@h', 'b@h', 'c@h', 'd@h'])).toEqual([
      { hostname: 'a@h', status: 'ok', message: 'pool will grow' },
      { hostname: 'b@h', status: 'refused', message: 'no' },
      { hostname: 'c@h', status: 'refused', message: null },
      { hostname: 'd@h', status: 'no_reply', message: null },
    ]);
    expect(sent).toEqual([
      { method: 'pool_grow', args: { n: 2 }, to: ['a@h', 'b@h', 'c@h', 'd@h'], reply: undefined },
    ]);
    expect(forgotten()).toBe(1);
  });

  it('must not have workers consume what belongs to the gateway or to Celery', async () => {
    const { under, sent } = service({});
    for (const queue of ['celery-gateway.results', 'w@h.celery.pidbox']) {
      await expect(under.command('add_consumer', { queue }, 'all')).rejects.toMatchObject({
        code: 'NAME_NOT_ALLOWED',
      });
    }
    expect(sent).toEqual([]);
  });
});

describe('a shutdown', () => {
  it('goes to those that answered a moment before, and the others are named', async () => {
    const { under, sent } = service({ ping: { replies: { 'a@h': { ok: 'pong' } }, missing: ['b@h'] } });
    expect(await under.shutdown(['a@h', 'b@h'])).toEqual([
      { hostname: 'a@h', status: 'sent', message: null },
      { hostname: 'b@h', status: 'no_reply', message: null },
    ]);
    expect(sent.at(-1)).toEqual({ method: 'shutdown', args: {}, to: ['a@h'], reply: false });
  });

  it('is not sent to everybody when nobody answered', async () => {
    const { under, sent } = service({});
    await under.shutdown(['a@h']);
    expect(sent.map(({ method }) => method)).toEqual(['ping']);
  });
});
