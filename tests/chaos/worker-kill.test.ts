import { CelerySession } from '../support/celery-session';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { startTypeScriptWorker } from '../support/processes';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const KILLS = process.env.FULL === '1' ? 20 : 4;
const PER_KILL = 100;
const CONCURRENCY = 8;
/** Messages a worker has at most: in slots or prefetched. Only those it started can run twice. */
const PREFETCHED = CONCURRENCY * 4;

describe('a worker killed again and again while it runs late-acknowledged tasks', () => {
  const cleanup = new Cleanup();
  let session: CelerySession;
  let ledger: Ledger;
  let brokerUrl: string;

  beforeAll(async () => {
    const vhost = await createVhost('kill');
    cleanup.does(() => vhost.drop());
    brokerUrl = vhost.url;
    ledger = await cleanup.stops(Ledger.create());
    session = await cleanup.stops(CelerySession.open(brokerUrl));
  }, 60_000);

  afterAll(() => cleanup.run(), 60_000);

  const startWorker = (): Promise<TestProcess> =>
    cleanup.stops(
      startTypeScriptWorker({
        brokerUrl,
        concurrency: CONCURRENCY,
        env: ledger.env,
        extraArgs: ['--without-mingle'],
      }),
    );
  const runs = async (): Promise<number> => (await ledger.runs()).length;

  it('loses no task: each runs at least once and ends SUCCESS', async () => {
    const total = KILLS * PER_KILL;
    const ids: string[] = [];
    for (let number = 0; number < total; number += 1) {
      ids.push(await session.submit('interop.record', [number]));
    }

    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = await runs();
      const worker = await startWorker();
      // Somewhere in the middle of its work, not at its end.
      await until(async () => (await runs()) >= Math.min(total, before + PER_KILL / 2), {
        intervalMs: 1,
        what: 'half of the round',
      });
      await worker.stop('SIGKILL');
    }
    await startWorker();
    const metas = await Promise.all(ids.map((id) => session.result(id, 60_000)));

    expect(metas.filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
    expect(metas.map(({ result }) => result)).toEqual(ids.map((_, number) => number));
    await until(async () => (await session.depth('celery')) === 0, { what: 'an empty queue' });
    const numbers = (await ledger.runs()).map(({ number }) => number);
    const duplicates = numbers.length - new Set(numbers).size;
    process.stdout.write(`${KILLS} kills, ${total} tasks, ${duplicates} runs repeated\n`);
    expect(new Set(numbers).size).toBe(total);
    expect(duplicates).toBeLessThanOrEqual(KILLS * PREFETCHED);
  }, 600_000);
});
