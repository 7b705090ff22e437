import type { TestProcess } from '../support/child-process';
import { DirectSession } from '../support/direct-session';
import { startPythonWorker } from '../support/python';
import { until } from '../support/until';

const START_MS = 120_000;

let session: DirectSession;
let worker: TestProcess;

beforeAll(async () => {
  session = await DirectSession.open('python-dead', { GATEWAY_CELERY_QUEUES: 'divisions' });
  await session.post('dead-letters/setup', { queue_name: 'divisions' });
  worker = await startPythonWorker({
    brokerUrl: session.vhost.url,
    app: 'dead_letter_app',
    queues: ['divisions'],
    pool: 'solo',
  });
}, START_MS);

afterAll(async () => {
  await worker.stop();
  await session.close();
}, START_MS);

test(
  'a task that failed in a Python worker is a dead letter; edited and replayed, that worker runs it',
  async () => {
    const task = { task_name: 'dead_letter.divide', args: [6, 0], queue: 'divisions', task_id: 'd1' };
    await session.post('tasks/submit', task);
    await session.awaits('divisions.dead', 1);
    expect((await session.get('dead-letters/divisions.dead')).body.items).toMatchObject([
      { task: { task_id: 'd1', args: [6, 0] }, dead_letter: { reason: 'rejected', queue_name: 'divisions' } },
    ]);
    const replayed = await session.post('dead-letters/divisions.dead/replay', {
      filter: { ids: ['d1'] },
      edit: { args: [6, 3] },
    });
    expect(replayed.body).toMatchObject({ progress: { done: 1 } });
    await until(() => /\[d1\] succeeded in .*: 2\.0/.test(worker.output), {
      timeoutMs: START_MS / 2,
      what: 'the replayed task',
    });
    await session.awaits('divisions', 0);
    expect(await session.waiting('divisions.dead')).toBe(0);
  },
  START_MS,
);
