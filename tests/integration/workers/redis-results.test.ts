import { randomUUID } from 'node:crypto';
import { ControlClient } from '../../../celery/control';
import { LamportClock } from '../../../celery/protocol';
import { RedisResults } from '../../../celery/results';
import { silentLogger } from '../../../runtime';
import { defineTask } from '../../../workers';
import { testRedisUrl } from '../../support/redis';
import { WorkerBench } from './worker-bench';

describe('results of a worker in Redis', () => {
  let bench: WorkerBench;
  const results = new RedisResults({ url: testRedisUrl(), expiresSeconds: 60, logger: silentLogger() });

  beforeAll(async () => {
    bench = await WorkerBench.open('redis-results');
    await results.start();
    const tasks = [
      defineTask('t.ok', { params: ['x'], acksLate: true }, (_context, { x }) => ({ got: x })),
      defineTask('t.bad', { params: [] }, () => {
        throw new RangeError('out of range');
      }),
      defineTask('t.quiet', { params: [], ignoreResult: true }, () => 1),
    ];
    await bench.startWorker(tasks, { resultBackend: testRedisUrl(), queues: ['redis'] });
  });
  afterAll(async () => {
    await results.stop();
    await bench.close();
  });

  test('success and failure are found under the id of the task, whoever asks', async () => {
    const [ok, bad] = [randomUUID(), randomUUID()];
    await bench.submit('t.ok', ['ü'], { taskId: ok, queue: 'redis' });
    await bench.submit('t.bad', [], { taskId: bad, queue: 'redis' });
    expect(await results.waitForResult(ok, { timeoutMs: 10_000 })).toMatchObject({
      status: 'SUCCESS',
      result: { got: 'ü' },
      task_id: ok,
    });
    expect(await results.waitForResult(bad, { timeoutMs: 10_000 })).toMatchObject({
      status: 'FAILURE',
      result: { exc_type: 'ValueError', exc_module: 'builtins', exc_message: ['out of range'] },
    });
  });

  test('what the message says of ignoring the result wins over the task', async () => {
    const id = await bench.submit('t.ok', [1], { queue: 'redis', ignoreResult: true });
    await bench.event(id, 'task-succeeded');
    expect(await results.getTaskMeta(id)).toBeNull();
  });

  test('a revoke is stored at once, and leaves what has a result or is running as it is', async () => {
    const { connections, publisher } = bench;
    const clock = new LamportClock();
    const control = new ControlClient({ connections, publisher, clock, logger: silentLogger() });
    await control.start();
    const [done, unknown] = [randomUUID(), randomUUID()];
    await bench.submit('t.ok', [1], { taskId: done, queue: 'redis' });
    await results.waitForResult(done, { timeoutMs: 10_000 });
    await control.revoke([done, unknown]);
    expect(await results.waitForResult(unknown, { timeoutMs: 10_000 })).toMatchObject({
      status: 'REVOKED',
      result: { exc_type: 'TaskRevokedError', exc_message: ['revoked'] },
    });
    expect(await results.getTaskMeta(done)).toMatchObject({ status: 'SUCCESS' });
    await control.stop();
  });
});
