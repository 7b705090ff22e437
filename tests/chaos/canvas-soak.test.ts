import { randomUUID } from 'node:crypto';
import type { Canvas, TaskMeta } from '../../celery';
import { READY_STATES } from '../../celery/protocol';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { Respawned } from '../support/canvas/respawned';
import { BODIES, SoakCanvases } from '../support/canvas/soak-canvases';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { seeded } from '../support/malformed-messages';
import { startTypeScriptWorker } from '../support/processes';
import { REPOSITORY, startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { RpcNode } from '../support/rpc-node';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const FULL = process.env.FULL === '1';
/** Half of them chains, half chords. In between the quick and the full form: `CANVASES=150 KILLS=10`. */
const CANVASES = Number(process.env.CANVASES ?? (FULL ? 2000 : 30));
const STEPS_PER_DEATH = FULL ? 300 : 50;
/** Beyond those that tasks bring about: SIGKILL at any moment, of the TypeScript worker where there is one, else of all Python ones. */
const KILLS = Number(process.env.KILLS ?? (FULL ? 20 : 1));
/** Celery alone leaves chords hanging whose worker was killed; `PATIENCE=300`, in seconds, waits less for these. */
const PATIENCE_MS = Number(process.env.PATIENCE ?? (CANVASES > 30 ? 780 : 90)) * 1000;
const SEED = Number(process.env.SEED ?? 4);
/** One language for all steps and bodies, where ours has to be told apart from what Celery alone does: `ONLY=typescript`. */
const ONLY = process.env.ONLY as 'python' | 'typescript' | undefined;
/** One run at a time each: alone, Python takes about as many runs with it as a TypeScript worker does. */
const PYTHON_WORKERS = ONLY === 'python' ? 4 : 1;

/** How canvases are sent, and where their ends are read. */
interface Road {
  readonly brokerUrl: string;
  readonly resultBackend: string;
  apply(sig: Canvas): Promise<unknown>;
  end(taskId: string): Promise<TaskMeta | null>;
  /** Whatever is known of a task that has not ended. */
  state(taskId: string): Promise<TaskMeta | null>;
}

const redis = async (cleanup: Cleanup): Promise<Road> => {
  const rig = await CanvasRig.open('canvas-soak');
  cleanup.does(() => rig.close());
  return {
    brokerUrl: rig.session.vhost.url,
    resultBackend: testRedisUrl(),
    apply: (sig) => rig.apply(sig),
    end: (taskId) => rig.results.waitForResult(taskId, { timeoutMs: PATIENCE_MS }),
    state: (taskId) => rig.results.getTaskMeta(taskId),
  };
};

const rpc = async (cleanup: Cleanup): Promise<Road> => {
  const vhost = await createVhost('canvas-soak-rpc');
  cleanup.does(() => vhost.drop());
  const node = await RpcNode.start(vhost.url, { maxEntries: 100_000 });
  cleanup.does(() => node.stop());
  return {
    brokerUrl: vhost.url,
    resultBackend: 'rpc://',
    apply: (sig) => node.canvases.apply(sig),
    end: (taskId) => node.results.waitForResult(taskId, { timeoutMs: PATIENCE_MS }),
    state: (taskId) => node.results.getTaskMeta(taskId),
  };
};

const outcome = (meta: TaskMeta | null): unknown => {
  if (meta === null) return 'nothing heard';
  if (meta.status === 'SUCCESS') return meta.result;
  if (!READY_STATES.has(meta.status)) return meta.status;
  const { exc_type: type, exc_message: message } = meta.result as Readonly<Record<string, unknown>>;
  return [type, Array.isArray(message) ? message[0] : message];
};

describe.each([
  ['Redis', redis],
  ['rpc', rpc],
] as const)('chains and chords on %s whose tasks fail, retry and take their workers with them', (_, open) => {
  const cleanup = new Cleanup();
  let road: Road;
  let ledger: Ledger;
  const pythons: Respawned[] = [];
  const typescripts: Respawned[] = [];

  beforeAll(async () => {
    road = await open(cleanup);
    ledger = await cleanup.stops(Ledger.create());
    const { env } = ledger;
    const common = { brokerUrl: road.brokerUrl, resultBackend: road.resultBackend, env };
    const soakTasks = `${REPOSITORY}/tests/fixtures/tasks/canvas-soak-tasks.js`;
    const ours = {
      ...common,
      concurrency: FULL ? 12 : 4,
      extraArgs: ['--tasks', soakTasks, '--without-mingle'],
    };
    const theirs = {
      ...common,
      app: 'canvas_soak_app',
      pool: 'solo',
      extraArgs: ['--without-mingle'],
    } as const;
    const starts = (workers: Respawned[], start: () => Promise<TestProcess>): void => {
      const worker = new Respawned(start);
      workers.push(worker);
      cleanup.does(() => worker.stop());
    };
    // Bodies are run by both languages, and nobody is killed there.
    if (ONLY !== 'typescript') {
      for (let number = 0; number < PYTHON_WORKERS; number += 1) {
        const name = `python${number}@soak`;
        starts(pythons, () => startPythonWorker({ ...theirs, queues: ['celery', 'python'], name }));
      }
      await cleanup.stops(startPythonWorker({ ...theirs, queues: [BODIES], name: 'python@bodies' }));
    }
    if (ONLY !== 'python') {
      const name = 'typescript@soak';
      starts(typescripts, () => startTypeScriptWorker({ ...ours, queues: ['celery', 'typescript'], name }));
      await cleanup.stops(startTypeScriptWorker({ ...ours, queues: [BODIES], name: 'typescript@bodies' }));
    }
  }, 120_000);

  afterAll(() => cleanup.run(), 90_000);

  const runs = async (): Promise<ReadonlyMap<number, number>> => {
    const counts = new Map<number, number>();
    for (const { number } of await ledger.runs()) counts.set(number, (counts.get(number) ?? 0) + 1);
    return counts;
  };

  const victims = (): readonly Respawned[] => (typescripts.length > 0 ? typescripts : pythons);
  const deathsOf = (workers: readonly Respawned[]): number =>
    workers.reduce((sum, { deaths }) => sum + deaths, 0);

  const killThroughout = async (planned: number): Promise<void> => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const reached = (planned * kill) / (KILLS + 2);
      await until(async () => (await ledger.runs()).length >= reached, {
        intervalMs: 20,
        timeoutMs: PATIENCE_MS,
      });
      await Promise.all(victims().map((worker) => worker.kill()));
    }
  };

  it(
    'each ends as its plan says, and no body runs once more than planned',
    async () => {
      const draws = new SoakCanvases({
        run: randomUUID(),
        random: seeded(SEED),
        stepsPerDeath: STEPS_PER_DEATH,
        only: ONLY,
      });
      const canvases = Array.from({ length: CANVASES }, (_each, index) => draws.draw(index));
      const plan = new Map(canvases.flatMap(({ runs: planned }) => [...planned]));
      const total = [...plan.values()].reduce((sum, count) => sum + count, 0);
      const startedAt = Date.now();
      const killing = killThroughout(total);
      for (const { sig } of canvases) await road.apply(sig);
      const ends = await Promise.all(
        canvases.map(async ({ last }) => (await road.end(last)) ?? (await road.state(last))),
      );
      const seconds = (Date.now() - startedAt) / 1000;
      await killing;

      const wrong = canvases.flatMap(({ kind, last, end: expected }, index) => {
        const end = outcome(ends[index] ?? null);
        return JSON.stringify(end) === JSON.stringify(expected) ? [] : [{ kind, last, expected, end }];
      });
      const counted = await runs();
      const bodies = canvases.flatMap(({ kind, bodies: numbers }) =>
        numbers.map((number) => ({ kind, number, ran: counted.get(number) ?? 0, planned: plan.get(number) })),
      );
      const repeated = [...counted.values()].reduce((sum, count) => sum + count, 0) - total;
      const failed = canvases.filter(({ end }) => typeof end !== 'number').length;
      const doubled = bodies.filter(({ ran, planned = 0 }) => ran > planned).length;
      process.stdout.write(
        `${CANVASES} canvases (${failed} to fail), ${total} runs planned, ${repeated} repeated, ${deathsOf(pythons)} Python and ` +
          `${deathsOf(typescripts)} TypeScript workers killed, ${seconds} s; of ${bodies.length} bodies ${doubled} ran too ` +
          `often, ${wrong.length} canvases ended otherwise than planned\n`,
      );
      expect(wrong).toEqual([]);
      expect(bodies.length).toBeGreaterThan(CANVASES / 2);
      expect(bodies.filter(({ ran, planned }) => ran !== planned)).toEqual([]);
      // Members of a header that has failed may still be on their way.
      await until(async () => {
        const now = await runs();
        return [...plan].every(([number, count]) => (now.get(number) ?? 0) >= count);
      });
      expect([...plan].filter(([number, count]) => count === 0 && counted.has(number))).toEqual([]);
      if (pythons.length > 0) expect(deathsOf(pythons)).toBeGreaterThan(0);
      expect(deathsOf(victims())).toBeGreaterThan(KILLS);
    },
    PATIENCE_MS + 120_000,
  );
});
