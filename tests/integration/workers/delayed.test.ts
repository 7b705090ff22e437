import { createHash } from 'node:crypto';
import { defineTask, type TaskRequest } from '../../../workers';
import { rabbitmqctl } from '../../support/vhost';
import { until, WorkerBench } from './worker-bench';

const HOUR_SECONDS = 3600;

describe('tasks with an ETA, over a real broker', () => {
  let bench: WorkerBench;
  const requests = new Map<string, TaskRequest[]>();
  const tasks = [
    defineTask('t.see', { params: [] }, ({ request }) => {
      requests.set(request.id, [...(requests.get(request.id) ?? []), request]);
      return Date.now();
    }),
    defineTask('t.sleep', { params: ['ms'], acksLate: true }, (context, { ms }) => context.sleep(Number(ms))),
    defineTask('t.again', { params: [], maxRetries: 1 }, (context) => {
      requests.set(context.taskId, [...(requests.get(context.taskId) ?? []), context.request]);
      return context.request.retries === 0 ? context.retry({ countdownSeconds: 0.2 }) : 'again';
    }),
  ];

  beforeEach(async () => {
    bench = await WorkerBench.open('delayed');
    requests.clear();
  });
  afterEach(() => bench.close());

  const depths = async (...columns: string[]): Promise<Map<string, number>> => {
    const listed = await rabbitmqctl(
      'list_queues',
      '-p',
      bench.vhost.name,
      '--no-table-headers',
      'name',
      ...columns,
    );
    return new Map(
      listed
        .trim()
        .split('\n')
        .map((line) => {
          const [name = '', ...counts] = line.split('\t');
          return [name, counts.reduce((sum, count) => sum + Number(count), 0)] as const;
        }),
    );
  };
  /** Passive declares: what rabbitmqctl shows of quorum queues is seconds old. */
  const delayedMessages = async (): Promise<number> => {
    const levels = Array.from({ length: 28 }, (_each, level) => bench.depth(`celery_delayed_${level}`));
    const depth = (await Promise.all(levels)).reduce((sum, count) => sum + count, 0);
    // Asked at every turn, the broker would have more to do with the questions than with the tasks.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return depth;
  };

  test('a far one waits in the broker, comes back to its queue as it was, and runs once when it is due', async () => {
    await bench.startWorker(tasks, { etaParkAfterSeconds: 2, delayedDeliveryQueueType: 'classic' });
    const due = Date.now() + 3_500;
    const id = await bench.submit('t.see', [], {
      eta: new Date(due),
      expires: 60,
      priority: 3,
      headers: { mine: 'kept', number: 300 },
    });
    await until('the parked task', async () => (await delayedMessages()) === 1);
    expect(bench.eventsOf(id)).toEqual([]);

    const { result } = await bench.result(id, 'SUCCESS');

    expect(Number(result)).toBeGreaterThanOrEqual(due);
    expect(Number(result)).toBeLessThan(due + 1_000);
    const [request, ...more] = requests.get(id) ?? [];
    expect(more).toEqual([]);
    expect(request?.deliveryInfo).toMatchObject({ exchange: '', routingKey: 'celery', priority: 3 });
    expect(request?.headers).toMatchObject({ mine: 'kept', number: 300 });
    await until('an empty broker', async () => (await delayedMessages()) === 0);
  });

  test('the retry of one that waited in the broker goes where it was sent to', async () => {
    await bench.startWorker(tasks, { etaParkAfterSeconds: 2, delayedDeliveryQueueType: 'classic' });
    const id = await bench.submit('t.again', [], { countdownSeconds: 2.5 });
    await bench.result(id, 'SUCCESS');
    expect(requests.get(id)?.map(({ deliveryInfo, retries }) => [deliveryInfo.routingKey, retries])).toEqual([
      ['celery', 0],
      ['celery', 1],
    ]);
  });

  test('5,000 far ones do not stay in the worker, and the next task does not wait for them', async () => {
    await bench.startWorker(tasks, { delayedDeliveryQueueType: 'classic' });
    const eta = new Date(Date.now() + HOUR_SECONDS * 1000);
    for (let sent = 0; sent < 5_000; sent += 500) {
      await Promise.all(Array.from({ length: 500 }, () => bench.submit('t.see', [], { eta })));
    }
    await until('all of them parked', async () => (await delayedMessages()) === 5_000, 40_000);
    expect((await depths('messages', 'messages_unacknowledged')).get('celery')).toBe(0);
    const next = await bench.submit('t.see');
    await bench.result(next, 'SUCCESS');
  });

  test('of nearer ones no more are held than the setting says, and each runs once', async () => {
    await bench.startWorker(tasks, { etaMaxHeld: 5, delayedDeliveryQueueType: 'classic' });
    const eta = new Date(Date.now() + 7_000);
    const ids = await Promise.all(Array.from({ length: 20 }, () => bench.submit('t.see', [], { eta })));
    await until('the parked ones', async () => (await delayedMessages()) === 15);
    await Promise.all(ids.map((id) => bench.result(id, 'SUCCESS')));
    expect(ids.map((id) => requests.get(id)?.length)).toEqual(ids.map(() => 1));
  });

  test('held ones raise the prefetch by their number and no more', async () => {
    await bench.startWorker(tasks, { concurrency: 1, etaParkAfterSeconds: 0 });
    const eta = new Date(Date.now() + HOUR_SECONDS * 1000);
    await Promise.all(Array.from({ length: 30 }, () => bench.submit('t.see', [], { eta })));
    await until('30 held', async () => (await depths('messages_unacknowledged')).get('celery') === 30);
    await Promise.all(Array.from({ length: 40 }, () => bench.submit('t.sleep', [2_000])));
    await until(
      'a full prefetch',
      async () => ((await depths('messages_unacknowledged')).get('celery') ?? 0) >= 32,
    );
    const unacknowledged = (await depths('messages_unacknowledged')).get('celery') ?? 0;
    expect(unacknowledged).toBeLessThanOrEqual(30 + 4);
  });

  test('for a quorum queue a client leaves the task with the broker', async () => {
    await bench.topology.declareQueue({ name: 'celery', arguments: { 'x-queue-type': 'quorum' } });
    await bench.startWorker(tasks);
    await bench.submit('t.see', [], { countdownSeconds: 1.5 });
    const due = Date.now() + 3_000;
    const id = await bench.submit('t.see', [], { eta: new Date(due), priority: 0 });
    await until('the delayed task', async () => (await delayedMessages()) === 1);
    const { result } = await bench.result(id, 'SUCCESS');
    expect(Number(result)).toBeGreaterThanOrEqual(due);
    expect(requests.get(id)?.[0]?.deliveryInfo).toMatchObject({ exchange: '', routingKey: 'celery' });
  });

  test('a task for a dotted queue does not reach the queue named like its last word', async () => {
    const name = `a.${createHash('md5').update(bench.vhost.name).digest('hex').slice(0, 6)}.celery`;
    await bench.startWorker(tasks, {
      queues: [name],
      etaParkAfterSeconds: 2,
      delayedDeliveryQueueType: 'classic',
    });
    await bench.topology.declareQueue({ name: 'celery' });
    // As a Python worker binds a quorum queue of its own.
    await bench.topology.ensureExchange({ name: 'celery_delayed_delivery', type: 'topic' });
    await bench.topology.bindQueue({
      queue: 'celery',
      exchange: 'celery_delayed_delivery',
      routingKey: '#.celery',
    });
    const id = await bench.submit('t.see', [], { queue: name, countdownSeconds: 2.5 });
    await bench.result(id, 'SUCCESS');
    expect(await bench.depth('celery')).toBe(0);
  });
});
