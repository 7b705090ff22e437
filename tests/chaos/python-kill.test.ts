import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess, type TaskBody } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const PATIENT = { timeoutMs: 60_000 };

const cleanup = new Cleanup();
let vhost: TestVhost;
let gateway: GatewayProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
  cleanup.does(() => rm(folder, { recursive: true, force: true }));
  vhost = await createVhost('python-kill');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url }));
}, 90_000);
afterAll(() => cleanup.run(), 60_000);

interface Settings {
  readonly acksLate: boolean;
  readonly rejectOnWorkerLost: boolean;
}

const startWorker = (queue: string, { acksLate, rejectOnWorkerLost }: Settings): Promise<TestProcess> =>
  cleanup.stops(
    startPythonWorker({
      brokerUrl: vhost.url,
      app: 'killed_app',
      queues: [queue],
      name: `${queue}-${randomUUID().slice(0, 4)}@here`,
      extraArgs: ['--without-mingle', '--without-gossip'],
      env: { KILLED_ACKS_LATE: acksLate ? '1' : '0', KILLED_REJECT: rejectOnWorkerLost ? '1' : '0' },
    }),
  );

/** A task that runs now, in a child of that worker. */
async function running(queue: string) {
  const marker = join(folder, queue);
  const runs = async (): Promise<readonly { readonly pid: number; readonly redelivered: boolean }[]> => {
    const lines = (await readFile(marker, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    return lines
      .map((line) => line.split(' '))
      .map(([pid, last]) => ({ pid: Number(pid), redelivered: last === 'True' }));
  };
  const id = await gateway.submit({ task_name: 'killed.once', args: [marker], queue });
  const child = await until(async () => (await runs())[0], { ...PATIENT, what: 'a first run' });
  return { id, runs, child: child.pid };
}

/** A task behind the killed one is not held up by it. */
const othersRun = async (queue: string): Promise<TaskBody> =>
  gateway.result(await gateway.submit({ task_name: 'killed.other', queue }), 60);

describe('a Python worker killed as a whole while it runs a task', () => {
  test('acknowledged late, the task runs again in the next worker', async () => {
    const settings = { acksLate: true, rejectOnWorkerLost: false };
    const worker = await startWorker('parent-late', settings);
    const { id, runs, child } = await running('parent-late');
    process.kill(worker.pid, 'SIGKILL');
    await worker.exit();
    process.kill(child, 'SIGKILL');
    await startWorker('parent-late', settings);
    expect(await gateway.result(id, 60)).toMatchObject({ status: 'SUCCESS', result: 'done' });
    expect((await runs()).map(({ redelivered }) => redelivered)).toEqual([false, true]);
  }, 120_000);

  test('acknowledged early, it is gone: no run, no result, and the gateway does not say that it ended', async () => {
    const settings = { acksLate: false, rejectOnWorkerLost: false };
    const worker = await startWorker('parent-early', settings);
    const { id, runs, child } = await running('parent-early');
    process.kill(worker.pid, 'SIGKILL');
    await worker.exit();
    process.kill(child, 'SIGKILL');
    await startWorker('parent-early', settings);
    expect((await othersRun('parent-early')).status).toBe('SUCCESS');
    expect(await runs()).toHaveLength(1);
    expect(['PENDING', 'RECEIVED', 'STARTED']).toContain((await gateway.result(id, 0)).status);
  }, 120_000);
});

describe('the child of a Python worker killed while it runs a late-acknowledged task', () => {
  test('the task fails as WorkerLostError, once, and others run', async () => {
    const worker = await startWorker('child-kept', { acksLate: true, rejectOnWorkerLost: false });
    const { id, runs, child } = await running('child-kept');
    process.kill(child, 'SIGKILL');
    const task = await gateway.result(id, 60);
    expect([task.status, task.error?.type]).toEqual(['FAILURE', 'WorkerLostError']);
    expect((await othersRun('child-kept')).status).toBe('SUCCESS');
    expect(await runs()).toHaveLength(1);
    expect(worker.exited).toBe(false);
  }, 120_000);

  test('with task_reject_on_worker_lost it runs again in the same worker', async () => {
    const worker = await startWorker('child-again', { acksLate: true, rejectOnWorkerLost: true });
    const { id, runs, child } = await running('child-again');
    process.kill(child, 'SIGKILL');
    await until(async () => (await runs()).length === 2, PATIENT);
    expect(
      await until(async () => {
        const task = await gateway.result(id, 5);
        return task.status === 'SUCCESS' && task;
      }, PATIENT),
    ).toMatchObject({ result: 'done' });
    expect((await runs())[1]?.redelivered).toBe(true);
    expect(worker.exited).toBe(false);
  }, 120_000);
});
