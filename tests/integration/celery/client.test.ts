import { CeleryClient } from '../../../celery';
import { until } from '../../support/until';
import { clientOn, drain, type Rig, startRig, startStores } from './rig';

describe('CeleryClient on RabbitMQ', () => {
  let rig: Rig;
  let stores: Awaited<ReturnType<typeof startStores>>;
  let client: CeleryClient;

  beforeAll(async () => {
    rig = await startRig('client');
    stores = await startStores(rig);
    client = clientOn(rig, stores);
  });
  afterAll(() => rig.cleanup.run());

  it("sends a complete v2 message through celery-node's own message building", async () => {
    // The class ours extends: celery-node's own Client.
    const base = Object.getPrototypeOf(CeleryClient.prototype) as Pick<CeleryClient, 'asTaskV2'>;
    const built = jest.spyOn(base, 'asTaskV2');
    const submitted = await client.submit({ name: 'tasks.add', args: [2, 3], kwargs: { z: 1 } });
    expect(built).toHaveBeenCalledWith(submitted.taskId, 'tasks.add', [2, 3], { z: 1 });
    built.mockRestore();
    const [message] = await drain(rig, 'celery');
    expect(JSON.parse(String(message?.content))).toEqual([
      [2, 3],
      { z: 1 },
      { callbacks: null, errbacks: null, chain: null, chord: null },
    ]);
    expect(message?.properties).toMatchObject({
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      correlationId: submitted.taskId,
      replyTo: 'celery-gateway.results',
      deliveryMode: 2,
      priority: 0,
    });
    expect(message?.properties.headers).toMatchObject({
      task: 'tasks.add',
      id: submitted.taskId,
      root_id: submitted.taskId,
      argsrepr: '(2, 3)',
      origin: 'gen1@test',
    });
    expect(message?.properties.headers).not.toHaveProperty('BCC');
  });

  it('declares a missing queue with exchange and binding, as Celery would', async () => {
    await client.submit({ name: 'tasks.add', options: { queue: 'fresh' } });
    expect(await rig.topology.queueStatus('fresh')).toMatchObject({ messageCount: 1 });
    expect(await rig.topology.queueIsDurable('fresh')).toBe(true);
    expect(await rig.topology.exchangeExists('fresh')).toBe(true);
  });

  it('uses an existing queue with other arguments as it is', async () => {
    await rig.topology.declareQueue({ name: 'ranked', arguments: { 'x-max-priority': 10 } });
    await client.submit({ name: 'tasks.add', options: { queue: 'ranked', priority: 5 } });
    const [message] = await drain(rig, 'ranked');
    expect(message?.properties.priority).toBe(5);
  });

  it('refuses a missing queue where it may create none', async () => {
    const strict = clientOn(rig, stores, { createMissingQueues: false });
    const submitting = strict.submit({ name: 'tasks.add', options: { queue: 'nowhere' } });
    await expect(submitting).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
    expect(await rig.topology.queueStatus('nowhere')).toBeNull();
  });

  it('refuses a task that a Python worker would die of', async () => {
    const submitting = client.submit({ name: 'no name', args: [] });
    await expect(submitting).rejects.toMatchObject({ code: 'TASK_INVALID' });
  });

  it('records each submission with the same publish', async () => {
    const { taskId } = await client.submit({ name: 'tasks.add', options: { queue: 'recorded' } });
    const later = await startRig('reader', rig.vhost);
    try {
      const reader = await startStores(later);
      expect(reader.records.get(taskId)).toMatchObject({
        task: 'tasks.add',
        queue: 'recorded',
        exchange: '',
      });
    } finally {
      await later.cleanup.run();
    }
  });

  it('records a task that went through an exchange, and still tells when it routes nowhere', async () => {
    await rig.topology.ensureExchange({ name: 'tickets', type: 'topic' });
    await rig.topology.declareQueue({ name: 'tickets.all' });
    await rig.topology.bindQueue({ queue: 'tickets.all', exchange: 'tickets', routingKey: 'ticket.#' });
    const options = { exchange: 'tickets', routingKey: 'ticket.new' };
    const ids = [];
    for (let i = 0; i < 3; i += 1) ids.push((await client.submit({ name: 'tasks.add', options })).taskId);
    expect(await drain(rig, 'tickets.all')).toHaveLength(3);
    const found = await stores.records.readMessages(new Set(ids), Date.now() - 60_000);
    expect(new Set(found.keys())).toEqual(new Set(ids));
    const lost = client.submit({ name: 'tasks.add', options: { ...options, routingKey: 'other' } });
    await expect(lost).rejects.toMatchObject({ code: 'UNROUTABLE' });
  });

  it('works through createTask().delay() and asyncResult()', async () => {
    const result = client.createTask('tasks.add').delay(4, 5);
    const [message] = await until(async () => {
      const waiting = await drain(rig, 'celery');
      return waiting.length > 0 && waiting;
    });
    expect(await result.status()).toBe('PENDING');
    await rig.publisher.publish({
      exchange: '',
      routingKey: String(message?.properties.replyTo),
      content: Buffer.from(JSON.stringify({ status: 'SUCCESS', result: 9, task_id: result.taskId })),
      properties: { contentType: 'application/json', correlationId: result.taskId },
    });
    expect(await client.asyncResult(result.taskId).get(5000, 10)).toBe(9);
  });

  it('makes a delay() that could not be sent the outcome of its task', async () => {
    const strict = clientOn(rig, stores, { createMissingQueues: false, defaultQueue: 'nowhere' });
    const result = strict.createTask('tasks.add').delay(1);
    await expect(result.get(5000, 10)).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
  });

  it('names and submits again what a queue deleted between two submits took along', async () => {
    const watchful = clientOn(rig, stores, { queueCheckIntervalMs: 50, resubmitVanished: true });
    const options = { queue: 'doomed' };
    const before = await watchful.submit({ name: 'tasks.add', args: [1], options });
    await rig.topology.deleteQueue('doomed');
    const between = await watchful.submit({ name: 'tasks.add', args: [2], options }).then(
      ({ taskId }) => taskId,
      () => undefined,
    );
    const ids = [before.taskId, between].filter((id) => id !== undefined);
    const seen = new Set<string>();
    await until(
      async () => {
        await watchful.submit({ name: 'tasks.add', args: [3], options });
        for (const { properties } of await drain(rig, 'doomed')) seen.add(String(properties.correlationId));
        return ids.every((id) => seen.has(id));
      },
      { intervalMs: 60 },
    );
    expect(rig.logger.text).toContain(before.taskId);
  });
});
