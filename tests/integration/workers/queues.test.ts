import { defineTask, Reject, type TaskRequest } from '../../../workers';
import { until, WorkerBench } from './worker-bench';

describe('queues of every kind, over a real broker', () => {
  let bench: WorkerBench;
  const requests: TaskRequest[] = [];
  const order: unknown[] = [];
  const tasks = [
    defineTask('t.see', { params: ['value'] }, ({ request }, { value }) => {
      requests.push(request);
      order.push(value);
      return value;
    }),
    defineTask('t.again', { params: [] }, (context) => {
      requests.push(context.request);
      return context.request.retries < 2 ? context.retry({ countdownSeconds: 0 }) : 'done';
    }),
    defineTask('t.refuse', { params: [], acksLate: true }, ({ request }) => {
      requests.push(request);
      throw new Reject('poison', { requeue: true });
    }),
  ];

  beforeEach(async () => {
    bench = await WorkerBench.open('queues');
    requests.length = 0;
    order.length = 0;
  });
  afterEach(() => bench.close());

  test.each([
    ['with priorities', { 'x-max-priority': 10 }],
    ['of type quorum', { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 }],
    ['with a time to live', { 'x-message-ttl': 60_000, 'x-expires': 600_000 }],
    ['with a dead-letter exchange', { 'x-dead-letter-exchange': 'dlx', 'x-max-length': 1000 }],
  ])('a queue %s is consumed as it is', async (_kind, args) => {
    await bench.topology.declareQueue({ name: 'celery', arguments: args });
    await bench.startWorker(tasks);
    const id = await bench.submit('t.see', ['seen']);
    expect((await bench.result(id, 'SUCCESS')).result).toBe('seen');
    // Not all that a quorum queue has is compared by the broker, so not all of it can be learnt.
    expect(args).toMatchObject((await bench.topology.queueArguments('celery')) ?? { none: true });
  });

  test('higher priorities come first, and a retry keeps its priority', async () => {
    await bench.topology.declareQueue({ name: 'celery', arguments: { 'x-max-priority': 10 } });
    for (const priority of [1, 9, 5]) await bench.submit('t.see', [priority], { priority });
    const retried = await bench.submit('t.again', [], { priority: 7 });
    await bench.startWorker(tasks, { concurrency: 1, prefetchMultiplier: 1 });
    await bench.result(retried, 'SUCCESS');
    await until('the least', () => order.length === 3);
    expect(order).toEqual([9, 5, 1]);
    const runs = requests.filter(({ id }) => id === retried);
    expect(runs.map(({ retries, deliveryInfo }) => [retries, deliveryInfo.priority])).toEqual([
      [0, 7],
      [1, 7],
      [2, 7],
    ]);
  });

  test('a task that is rejected again and again ends with the delivery limit of its quorum queue', async () => {
    await bench.topology.declareQueue({ name: 'celery.dead' });
    await bench.topology.declareQueue({
      name: 'celery',
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 3,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'celery.dead',
      },
    });
    await bench.startWorker(tasks);
    await bench.submit('t.refuse');
    await until('the dead letter', async () => (await bench.depth('celery.dead')) === 1);
    expect(requests).toHaveLength(4);
  });

  test('the reason of an unreadable message stands in its dead letter', async () => {
    await bench.declareWithDeadLetters('celery');
    const letters: Record<string, unknown>[] = [];
    await bench.consume('celery.dead', ({ headers, content, properties }) => {
      letters.push({ ...headers, content: content.toString(), type: properties.contentType });
    });
    await bench.startWorker(tasks);
    await bench.publisher.publish({
      exchange: '',
      routingKey: 'celery',
      content: Buffer.from('[[2,3],{}]'),
      properties: {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        headers: { task: 't.see', id: 'short', mine: 'kept' },
      },
    });
    await until('the dead letter', () => letters.length === 1);
    expect(letters[0]).toMatchObject({
      'x-celery-gateway-reason': 'body_invalid',
      'x-celery-gateway-detail': expect.stringMatching(/\w/),
      'x-celery-gateway-queue': 'celery',
      'x-celery-gateway-exchange': '',
      'x-celery-gateway-routing-key': 'celery',
      task: 't.see',
      id: 'short',
      mine: 'kept',
      content: '[[2,3],{}]',
      type: 'application/json',
    });
    expect(await bench.depth('celery')).toBe(0);
  });

  test('a dead-letter exchange of the worker wins over the queue', async () => {
    await bench.declareWithDeadLetters('celery');
    await bench.topology.declareQueue({ name: 'morgue' });
    await bench.topology.ensureExchange({ name: 'bad', type: 'fanout' });
    await bench.topology.bindQueue({ queue: 'morgue', exchange: 'bad', routingKey: '' });
    await bench.startWorker(tasks, { deadLetterExchange: 'bad' });
    await bench.publisher.publish({
      exchange: '',
      routingKey: 'celery',
      content: Buffer.from('{'),
      properties: {},
    });
    await until('the dead letter', async () => (await bench.depth('morgue')) === 1);
    expect(await bench.depth('celery.dead')).toBe(0);
  });

  test('a task one worker does not know is handed back until one that knows it is there', async () => {
    await bench.startWorker([], { unknownTasks: 'hand-back', delayedDeliveryQueueType: 'classic' });
    const id = await bench.submit('t.see', ['at last'], { headers: { mine: 'kept' } });
    await until('a handed back task', async () => (await bench.depth('celery_delayed_0')) === 1);
    await bench.startWorker(tasks, { unknownTasks: 'hand-back' });
    expect((await bench.result(id, 'SUCCESS')).result).toBe('at last');
    expect(requests[0]?.headers).toMatchObject({ mine: 'kept' });
    expect(bench.metasOf(id)).toHaveLength(1);
  });

  test('after ten times it is rejected, as it is without the setting', async () => {
    await bench.declareWithDeadLetters('celery');
    await bench.startWorker([], { unknownTasks: 'hand-back', delayedDeliveryQueueType: 'classic' });
    await bench.publisher.publish({
      exchange: '',
      routingKey: 'celery',
      content: Buffer.from('[[],{},{}]'),
      trustedHeaders: true,
      properties: {
        contentType: 'application/json',
        replyTo: 'replies',
        headers: { task: 't.nobody', id: 'lost', 'x-celery-gateway-handed-back': 10 },
      },
    });
    const { result } = await bench.result('lost', 'FAILURE');
    expect(result).toMatchObject({ exc_type: 'NotRegistered' });
    await until('the dead letter', async () => (await bench.depth('celery.dead')) === 1);
  });
});
