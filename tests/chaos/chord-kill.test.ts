import { randomUUID } from 'node:crypto';
import { type CanvasResult, canvas } from '../../celery';
import { CanvasRig } from '../support/canvas/canvas-rig';
import type { TestProcess } from '../support/child-process';
import { Ledger } from '../support/ledger';
import { startTypeScriptWorker } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { until } from '../support/until';

const KILLS = process.env.FULL === '1' ? 20 : 2;
const CHORDS_PER_KILL = process.env.FULL === '1' ? 50 : 20;
const HEADER = 4;
const CONCURRENCY = 4;

const { chord, s, set } = canvas;

describe('chords whose TypeScript workers are killed again and again, beside a Python worker', () => {
  let rig: CanvasRig;
  let ledger: Ledger;
  beforeAll(async () => {
    rig = await CanvasRig.open('chord-kill');
    ledger = await rig.cleanup.stops(Ledger.create());
    // Python takes header tasks too, those of killed workers among them.
    const app = { ...rig.app, app: 'interop_app', queues: ['celery'], concurrency: 1, env: ledger.env };
    await rig.cleanup.stops(startPythonWorker(app));
    // Bodies run where nobody is killed, so that each run is one message.
    await rig.startTypeScript({ queues: ['bodies'] });
  }, 120_000);
  afterAll(() => rig.close(), 60_000);

  const startWorker = (): Promise<TestProcess> =>
    rig.cleanup.stops(
      startTypeScriptWorker({
        brokerUrl: rig.session.vhost.url,
        resultBackend: testRedisUrl(),
        concurrency: CONCURRENCY,
        env: ledger.env,
        extraArgs: ['--without-mingle', '--prefetch-multiplier', '2'],
      }),
    );
  const runs = async (): Promise<number> => (await ledger.runs()).length;

  it('none is lost, and no body runs twice', async () => {
    const total = KILLS * CHORDS_PER_KILL;
    const run = randomUUID();
    const results: CanvasResult[] = [];
    for (let n = 0; n < total; n += 1) {
      const header = Array.from({ length: HEADER }, (_, part) =>
        set(s('interop.record', n * HEADER + part), { queue: 'celery' }),
      );
      const body = set(s('canvas.collect', `${run}:${n}`), { queue: 'bodies' });
      results.push(await rig.apply(chord(header, body)));
    }

    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = await runs();
      const victims = await Promise.all([startWorker(), startWorker()]);
      const enough = Math.min(before + (CHORDS_PER_KILL * HEADER) / 2, total * HEADER);
      await until(async () => (await runs()) >= enough, { intervalMs: 1, timeoutMs: 30_000 });
      await Promise.all(victims.map((worker) => worker.stop('SIGKILL')));
    }
    await startWorker();
    // A worker killed with the right to fire a body keeps it for as long as it may have taken.
    const values = await Promise.all(
      results.map(({ id }) => rig.results.waitForResult(id, { timeoutMs: 120_000 })),
    );
    const topology = await rig.session.topology();
    await until(async () => (await topology.queueStatus('celery'))?.messageCount === 0);

    expect(values.map((meta) => meta?.result)).toEqual(
      results.map((_, n) => Array.from({ length: HEADER }, (_each, part) => n * HEADER + part)),
    );
    const bodies = await Promise.all(results.map((_, n) => rig.notes(`${run}:${n}`)));
    process.stdout.write(
      `${KILLS * 2} kills, ${total} chords, ${(await runs()) - total * HEADER} header runs repeated\n`,
    );
    expect(bodies).toEqual(results.map(() => ['body']));
  }, 300_000);
});
