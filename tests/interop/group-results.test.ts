import { type GroupResult, RedisResults, TaskResults } from '../../celery';
import { Cleanup } from '../support/cleanup';
import { runPython, startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { SilentLogger } from '../support/silent-logger';
import { createVhost } from '../support/vhost';

describe('groups kept on Redis', () => {
  const cleanup = new Cleanup();
  const resultBackend = testRedisUrl();
  let brokerUrl: string;
  let results: TaskResults;

  beforeAll(async () => {
    const vhost = await createVhost('group-results');
    cleanup.does(() => vhost.drop());
    brokerUrl = vhost.url;
    const store = await cleanup.stops(
      new RedisResults({ url: resultBackend, expiresSeconds: 600, logger: new SilentLogger() }),
    );
    await store.start();
    const forget = (taskId: string) => store.forget(taskId);
    results = new TaskResults({ results: store, groups: store.groups, forget });
    await cleanup.stops(startPythonWorker({ brokerUrl, resultBackend, concurrency: 2 }));
  });

  afterAll(() => cleanup.run());

  test('a group saved by Python is restored here, saved again under another id, and restored by Python', async () => {
    const app = { brokerUrl, resultBackend };
    const id = await runPython<string>(
      app,
      `
from celery import group
from interop_app import add
result = group(add.s(1, 2), add.s(3, 4) | add.s(5)).apply_async()
result.save()
answer(result.id)
`,
    );
    const group = (await results.restoreGroup(id)) as GroupResult;
    await expect(group.get({ timeoutMs: 30_000 })).resolves.toEqual([3, 12]);
    const [head, members] = group.asTuple();
    const copy = results.fromTuple([[`copy of ${head[0]}`, head[1]], members]) as GroupResult;
    await copy.save();
    const restored = await runPython<readonly unknown[]>(
      app,
      `
from celery.result import GroupResult
restored = GroupResult.restore('copy of ${id}', app=app)
original = GroupResult.restore('${id}', app=app)
answer([restored.get(timeout=30), restored.results == original.results, restored.results[1].parent is not None])
`,
    );
    expect(restored).toEqual([[3, 12], true, true]);
    await group.forget();
    expect(await group.ready()).toBe(false);
    await copy.delete();
    expect(await results.restoreGroup(copy.id)).toBeNull();
  });
});
