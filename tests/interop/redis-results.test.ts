import { Redis } from 'ioredis';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { createVhost, type TestVhost } from '../support/vhost';

interface StoredMeta {
  readonly status: string;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly children: unknown[];
  readonly date_done: string;
  readonly task_id: string;
}

const shapeOf = (meta: StoredMeta): Record<string, string> =>
  Object.fromEntries(
    Object.entries(meta)
      .map(
        ([key, value]) =>
          [key, Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value] as const,
      )
      .sort(([a], [b]) => a.localeCompare(b)),
  );

describe('results on Redis', () => {
  let vhost: TestVhost;
  let app: PythonApp;
  let gateway: GatewayProcess;
  let redis: Redis;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('redis-results');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url, resultBackend: testRedisUrl() };
    redis = new Redis(testRedisUrl());
    cleanup.does(() => redis.quit());
    const [started] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url, resultBackend: testRedisUrl() })),
      cleanup.stops(startPythonWorker({ ...app, queues: ['python'], name: 'python@here' })),
      cleanup.stops(startTypeScriptWorker({ ...app, resultBackend: testRedisUrl(), queues: ['typescript'] })),
    ]);
    gateway = started;
  });

  afterAll(() => cleanup.run());

  const stored = async (taskId: string): Promise<StoredMeta> =>
    JSON.parse((await redis.get(`celery-task-meta-${taskId}`)) ?? 'null') as StoredMeta;

  it.each(['python', 'typescript'])('of a %s worker are read over REST', async (queue) => {
    const taskId = await gateway.submit({ task_name: 'interop.add', args: [2, 3], queue });

    await expect(gateway.result(taskId)).resolves.toMatchObject({
      status: 'SUCCESS',
      result: 5,
      error: null,
    });
  });

  it.each(['python', 'typescript'])(
    'of a %s worker are read by an AsyncResult in another process',
    async (queue) => {
      const taskId = await gateway.submit({ task_name: 'interop.echo', args: [{ a: [1, null] }], queue });

      await expect(
        runPython(app, `answer(app.AsyncResult(${JSON.stringify(taskId)}).get(timeout=10))`),
      ).resolves.toEqual({ a: [1, null] });
    },
  );

  it.each([
    { outcome: 'success', task: 'interop.add', args: [2, 3] },
    { outcome: 'failure', task: 'interop.fail', args: ['no'] },
  ])('have the keys, value types and lifetime Python gives them: $outcome', async ({ task, args }) => {
    const submit = (queue: string) => gateway.submit({ task_name: task, args, queue });
    const [onPython, onTypeScript] = await Promise.all([submit('python'), submit('typescript')]);
    await Promise.all([gateway.result(onPython), gateway.result(onTypeScript)]);

    const [python, typescript] = await Promise.all([stored(onPython), stored(onTypeScript)]);
    const lifetimes = await Promise.all(
      [onPython, onTypeScript].map((taskId) => redis.ttl(`celery-task-meta-${taskId}`)),
    );

    expect(shapeOf(typescript)).toEqual(shapeOf(python));
    expect(typescript.task_id).toBe(onTypeScript);
    for (const lifetime of lifetimes) {
      expect(lifetime).toBeGreaterThan(86_000);
      expect(lifetime).toBeLessThanOrEqual(86_400);
    }
  });

  it('carry an exception thrown in TypeScript to a Python caller as a raisable one', async () => {
    const source = `
from interop_app import fail
try:
    fail.apply_async(('not a function',), queue='typescript').get(timeout=10)
except TypeError as error:
    answer(str(error))
`;
    await expect(runPython(app, source)).resolves.toBe('not a function');
  });
});
