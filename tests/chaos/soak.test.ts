import { join } from 'node:path';
import { READY_STATES } from '../../celery/protocol';
import { CelerySession } from '../support/celery-session';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { seeded } from '../support/malformed-messages';
import { startTypeScriptWorker } from '../support/processes';
import { REPOSITORY, startPythonWorker } from '../support/python';
import { drawSoakTask, MAX_PRIORITY, SOAK_QUEUE, type SoakTask } from '../support/soak-plan';
import { until } from '../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

const FULL = process.env.FULL === '1';
const COUNT = FULL ? 50_000 : 2_000;
const SEED = 77;
/** Submitted together; their revokes go out right after. */
const BATCH = 250;
const PATIENCE_MS = FULL ? 900_000 : 60_000;
const NODES = ['typescript@soak', 'python@soak'];

describe('a fleet of one TypeScript and one Python worker on the same queue', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let session: CelerySession;
  let ledger: Ledger;
  const tasks: SoakTask[] = [];

  beforeAll(async () => {
    vhost = await createVhost('soak');
    cleanup.does(() => vhost.drop());
    ledger = await cleanup.stops(Ledger.create());
    session = await cleanup.stops(CelerySession.open(vhost.url));
    await session.topology.declareQueue({
      name: SOAK_QUEUE,
      arguments: { 'x-max-priority': MAX_PRIORITY },
    });
    const shared = { brokerUrl: vhost.url, env: ledger.env, queues: [SOAK_QUEUE] };
    const soakTasks = join(REPOSITORY, 'tests', 'fixtures', 'tasks', 'soak-tasks.js');
    await Promise.all([
      cleanup.stops(
        startTypeScriptWorker({ ...shared, name: NODES[0] ?? '', extraArgs: ['--tasks', soakTasks] }),
      ),
      cleanup.stops(startPythonWorker({ ...shared, app: 'soak_app', name: NODES[1] ?? '', concurrency: 2 })),
    ]);
  }, 120_000);

  afterAll(() => cleanup.run(), 60_000);

  /** Both workers have answered, so neither will start them. */
  const revoke = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    const replies = await session.ask('revoke', { task_id: ids }, NODES);
    expect(new Set(Object.keys(replies))).toEqual(new Set(NODES));
  };

  const submitAll = async (): Promise<void> => {
    const random = seeded(SEED);
    for (let from = 0; from < COUNT; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, index) =>
        drawSoakTask(from + index, random),
      );
      await Promise.all(batch.map(({ name, args, options }) => session.submit(name, args, options)));
      await revoke(batch.filter(({ kind }) => kind === 'revoked').map(idOf));
      tasks.push(...batch);
    }
  };

  const left = async (): Promise<number> => {
    const lines = (await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'messages')).split('\n');
    return Number(lines.find((line) => line.startsWith(`${SOAK_QUEUE}\t`))?.split('\t')[1]);
  };

  it('brings every task to the one end its kind prescribes, with as many runs as that takes', async () => {
    await submitAll();
    const allEnded = (): boolean => tasks.every((task) => session.end(idOf(task)) !== undefined);
    // Whatever is missing then is named below.
    await until(allEnded, { timeoutMs: PATIENCE_MS, intervalMs: 250 }).catch(() => undefined);
    const runs = new Map<number, number>();
    const workers = new Map<string, number>();
    for (const { number, worker } of await ledger.runs()) {
      runs.set(number, (runs.get(number) ?? 0) + 1);
      workers.set(worker, (workers.get(worker) ?? 0) + 1);
    }

    const wrong = tasks.filter((task) => !endedRight(task) || !ranRight(task, runs.get(task.number) ?? 0));
    // The first ones tell enough.
    expect(wrong.slice(0, 10).map((task) => described(task, runs.get(task.number) ?? 0))).toEqual([]);
    expect(tasks).toHaveLength(COUNT);
    await until(async () => (await left()) === 0, { timeoutMs: 60_000, what: 'an empty queue' });
    expect(new Set(workers.keys())).toEqual(new Set(NODES));
    process.stdout.write(`${COUNT} tasks: ${JSON.stringify(Object.fromEntries(workers))} runs\n`);
  }, 1_200_000);

  /** One end and no second one, of the right kind and content. */
  const endedRight = (task: SoakTask): boolean => {
    const ends = (session.metas.get(idOf(task)) ?? []).filter(({ status }) => READY_STATES.has(status));
    const [end] = ends;
    if (end === undefined || end.status !== task.status) return false;
    return (ends.length === 1 || task.repeats) && comparable(task.result) === comparable(end.result);
  };

  const ranRight = (task: SoakTask, count: number): boolean =>
    task.repeats ? count >= task.runs : count === task.runs;

  const described = (task: SoakTask, count: number): unknown => ({
    task,
    runs: count,
    metas: session.metas.get(idOf(task)),
  });
});

const idOf = ({ number }: SoakTask): string => `soak-${number}`;

/** Of an encoded exception, its module is left open: a retry's cause is a class of the language that ran it. */
const comparable = (result: unknown): string => {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return JSON.stringify(result);
  const { exc_type, exc_message } = result as { readonly exc_type?: unknown; readonly exc_message?: unknown };
  return JSON.stringify([exc_type, exc_message]);
};
