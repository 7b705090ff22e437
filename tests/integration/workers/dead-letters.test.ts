import { createWorker, defineTask } from '../../../workers';
import { DirectSession } from '../../support/direct-session';
import { until } from '../../support/until';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('worker-dead');
  await session.post('dead-letters/setup', { queue_name: 'fragile' });
}, WAIT_MS);

afterAll(() => session.close());

class NoSuchOrder extends Error {}

test.each([
  ['early', false],
  ['late', true],
])(
  'a task that failed after its last retry is a dead letter with its error, acknowledged %s; replayed after the fix it runs',
  async (when, acksLate) => {
    let broken = true;
    let runs = 0;
    const settings = {
      params: ['order'],
      acksLate,
      maxRetries: 1,
      autoretryFor: [NoSuchOrder],
      retryBackoff: 0.01,
      retryJitter: false,
    };
    const name = `fragile.${when}`;
    const task = defineTask(name, settings, (_context, { order }) => {
      runs += 1;
      if (broken) throw new NoSuchOrder('there is no such order');
      return order;
    });
    const worker = createWorker({
      broker: session.vhost.url,
      queues: ['fragile'],
      tasks: [task],
      deadLetterFailures: true,
    });
    await worker.start();
    try {
      const id = `id-${when}`;
      await session.post('tasks/submit', { task_name: name, args: [7], queue: 'fragile', task_id: id });
      await session.awaits('fragile.dead', 1);
      expect(runs).toBe(2);
      const { body } = await session.get('dead-letters/fragile.dead');
      expect(body.items).toMatchObject([
        {
          task: { task_id: id, args: [7], retries: 1 },
          dead_letter: {
            reason: 'task_failed',
            detail: expect.stringContaining('there is no such order'),
            queue_name: 'fragile',
            died_at: expect.any(String),
          },
        },
      ]);
      broken = false;
      const replayed = await session.post('dead-letters/fragile.dead/replay', {});
      expect(replayed.body).toMatchObject({ progress: { done: 1 } });
      await until(() => runs === 3, { timeoutMs: WAIT_MS / 2, what: 'the replayed run' });
      await session.awaits('fragile', 0);
      expect(await session.waiting('fragile.dead')).toBe(0);
    } finally {
      await worker.stop();
    }
  },
  WAIT_MS,
);
