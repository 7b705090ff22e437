import { randomUUID } from 'node:crypto';
import { silentLogger } from '../../../runtime';
import { createWorker, defineTask, type Worker } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const DEADLINE = { timeoutMs: 30_000 };

describe('revokes made while no worker is online', () => {
  const cleanup = new Cleanup();
  const ran: string[] = [];
  let vhost: TestVhost;
  let one: RunningGateway;
  let two: RunningGateway;

  const start = async (): Promise<RunningGateway> => {
    const gateway = await startGateway({ CELERY_BROKER_URL: vhost.url });
    await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, DEADLINE);
    return gateway;
  };
  const task = defineTask('tasks.note', { params: ['word'] }, (_context, { word }) => {
    ran.push(String(word));
    return word;
  });
  const startWorker = async (mingle: boolean, queue: string): Promise<Worker> => {
    const worker = await cleanup.stops(
      createWorker({
        tasks: [task],
        broker: vhost.url,
        queues: [queue],
        hostname: `w${randomUUID().slice(0, 8)}@%h`,
        mingle,
        logger: silentLogger(),
      }),
    );
    await worker.start();
    return worker;
  };
  const submit = async (word: string, queue: string, more: object = {}): Promise<string> => {
    const body = { task_name: 'tasks.note', args: [word], queue, ...more };
    return String((await one.call('POST', '/rabbitmq/tasks/submit', body)).body.task_id);
  };
  const stateOf = async (taskId: string): Promise<unknown> =>
    (await one.call('GET', `/rabbitmq/tasks/${taskId}`)).body.status;

  beforeAll(async () => {
    vhost = await createVhost('revokes');
    cleanup.does(() => vhost.drop());
    [one, two] = await Promise.all([start(), start()]);
  }, 60_000);

  afterAll(async () => {
    await one.stop();
    await two.stop();
    await cleanup.run();
  });

  test('hold: a worker that starts later hears of them before its first task, after the gateway was restarted too', async () => {
    const [revoked, stamped, kept, byFilter] = [
      await submit('revoked', 'q1'),
      await submit('stamped', 'q1', { stamps: { customer: 'c1' } }),
      await submit('kept', 'q1'),
      await submit('filtered', 'q1', { tags: ['old'] }),
    ];
    const answer = await two.call('DELETE', `/rabbitmq/tasks/${revoked}`);
    expect(answer.body).toMatchObject({
      task_id: revoked,
      acknowledged: [],
      tombstone: { expires_at: expect.any(String) },
      detail: expect.stringContaining('come online'),
    });
    const filter = { name: 'tasks.*', tag: 'old' };
    const dry = await until(async () => {
      const { body } = await two.call('POST', '/rabbitmq/tasks/revoke', { filter, dry_run: true });
      return body.count === 1 ? body : undefined;
    }, DEADLINE);
    expect(dry).toMatchObject({ dry_run: true, task_ids: [byFilter], tombstone: null });
    const bulk = await two.call('POST', '/rabbitmq/tasks/revoke', { filter });
    expect(bulk.body).toMatchObject({ dry_run: false, count: 1, task_ids: [byFilter] });
    await one.stop();
    await two.stop();
    [one, two] = await Promise.all([start(), start()]);

    await startWorker(true, 'q1');
    await until(async () => (await stateOf(kept)) === 'SUCCESS', DEADLINE);
    await until(async () => (await stateOf(revoked)) === 'REVOKED', DEADLINE);
    await until(async () => (await stateOf(byFilter)) === 'REVOKED', DEADLINE);
    expect(ran).toEqual(expect.arrayContaining(['kept', 'stamped']));
    expect(ran).not.toContain('revoked');
    expect(ran).not.toContain('filtered');
    expect(await stateOf(stamped)).toBe('SUCCESS');
  }, 90_000);

  test('a worker without mingle is told when it appears, of stamps as well', async () => {
    const bulk = await one.call('POST', '/rabbitmq/tasks/revoke', { stamped_headers: { customer: ['c2'] } });
    expect(bulk.body).toMatchObject({
      count: null,
      task_ids: [],
      tombstone: { expires_at: expect.any(String) },
    });
    const id = randomUUID();
    await two.call('DELETE', `/rabbitmq/tasks/${id}`);
    const worker = await startWorker(false, 'q2');
    await until(async () => {
      const { body } = await one.call('GET', `/rabbitmq/workers/${worker.nodename}`);
      return Array.isArray(body.revoked) && body.revoked.includes(id);
    }, DEADLINE);
    const stamped = await submit('stamped later', 'q2', { stamps: { customer: 'c2' } });
    await until(async () => (await stateOf(stamped)) === 'REVOKED', DEADLINE);
    expect(ran).not.toContain('stamped later');
  }, 60_000);

  test('of a task with an ETA hold until it has been due for as long as any, also at the other gateway', async () => {
    const days = 86_400_000;
    const due = Date.now() + 30 * days;
    const taskId = await submit('in a month', 'q3', { eta: new Date(due).toISOString() });
    // Known there by its record.
    await until(async () => (await two.call('GET', `/rabbitmq/tasks/${taskId}`)).status === 200, DEADLINE);
    const { body } = await two.call('DELETE', `/rabbitmq/tasks/${taskId}`);
    const { expires_at: expiresAt } = body.tombstone as { expires_at: string };
    expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(due + days);
    expect(Date.parse(expiresAt)).toBeLessThan(due + 2 * days);
  });

  test('gateways are not taken for workers', async () => {
    const { body } = await one.call('POST', '/rabbitmq/workers/ping', { workers: 'all' });
    const names = (body.outcomes as { worker: string }[]).map(({ worker }) => worker);
    expect(names.filter((name) => name.startsWith('celery-gateway'))).toEqual([]);
    expect(names.length).toBeGreaterThan(0);
  });
});
