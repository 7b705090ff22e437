import { createWorker, defineTask, Reject } from '../../../workers';
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

test(
  'a failure, a rejection, an expiry and an unreadable message all arrive with reason, origin, count, time and error',
  async () => {
    await session.post('dead-letters/setup', { queue_name: 'fates' });
    const queue = 'fates';
    const before = Math.floor(Date.now() / 1000) * 1000;
    // Nobody consumes yet: it expires in its place.
    await session.send(
      queue,
      [[], {}, null],
      { correlationId: 'late', expiration: '1' },
      { task: 'a.b', id: 'late' },
    );
    await session.awaits('fates.dead', 1);
    const settings = {
      params: [],
      acksLate: true,
      maxRetries: 1,
      autoretryFor: [NoSuchOrder],
      retryBackoff: 0.01,
      retryJitter: false,
    };
    const fail = defineTask('fates.fail', settings, () => {
      throw new NoSuchOrder('there is no such order');
    });
    const refuse = defineTask('fates.refuse', { params: [], acksLate: true }, () => {
      throw new Reject('not for me');
    });
    const worker = createWorker({
      broker: session.vhost.url,
      queues: [queue],
      tasks: [fail, refuse],
      deadLetterFailures: true,
    });
    await worker.start();
    try {
      await session.post('tasks/submit', { task_name: 'fates.fail', queue, task_id: 'failed' });
      await session.post('tasks/submit', { task_name: 'fates.refuse', queue, task_id: 'refused' });
      await session.send(
        queue,
        { not: 'a task' },
        { correlationId: 'broken' },
        { task: 'fates.fail', id: 'broken' },
      );
      await session.awaits('fates.dead', 4);
    } finally {
      await worker.stop();
    }
    const { body } = await session.get('dead-letters/fates.dead');
    const letters = body.items as {
      correlation_id?: string;
      dead_letter: { died_at: string; reason: string };
    }[];
    const of = (reason: RegExp) => letters.find(({ dead_letter }) => reason.test(dead_letter.reason));
    const origin = { queue_name: queue, count: 1, routing_keys: [queue] };
    expect(of(/^expired$/)).toMatchObject({
      task: { task_id: 'late' },
      dead_letter: { ...origin, original_expiration_ms: 1 },
    });
    expect(of(/^rejected$/)).toMatchObject({ task: { task_id: 'refused' }, dead_letter: origin });
    expect(of(/^task_failed$/)).toMatchObject({
      task: { task_id: 'failed', retries: 1 },
      dead_letter: { ...origin, detail: expect.stringContaining('there is no such order') },
    });
    expect(of(/^body_/)).toMatchObject({ dead_letter: { ...origin, detail: expect.stringMatching(/./) } });
    for (const { dead_letter } of letters)
      expect(Date.parse(dead_letter.died_at)).toBeGreaterThanOrEqual(before);
  },
  WAIT_MS,
);
