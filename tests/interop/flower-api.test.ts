import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup';
import { Flower } from '../support/flower';
import { keyOf } from '../support/gateway-app';
import { ready } from '../support/gateway-requests';
import { startTypeScriptWorker } from '../support/processes';
import { type PythonApp, REPOSITORY, runPython } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { type Answer, type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

/** Both sides command the one; each of them stops one at the end. */
const WORKER = 'kept@here';
const OTHER = 'other@here';
const DEADLINE = { timeoutMs: 30_000 };

/** `| \`flower\` | \`here\` |` of each row. */
const ROW = /^\| `([A-Z]+ [^`]+)` \| `([A-Z]+ [^`?]+)(?:\?[^`]*)?` \|/gm;
const anyParameter = (call: string): string => call.replaceAll(/\{\w+\}|\(\.[+*]\)/g, '{}');

interface Outcome {
  readonly worker: string;
  readonly status: string;
}

describe("Flower's API beside the gateway's", () => {
  const cleanup = new Cleanup();
  let app: PythonApp;
  let flower: Flower;
  let gateway: RunningGateway;

  beforeAll(async () => {
    const vhost = await createVhost('flower-api');
    cleanup.does(() => vhost.drop());
    // Over rpc:// Flower waits for its own tasks' results only, and forgets them.
    app = { brokerUrl: vhost.url, resultBackend: testRedisUrl() };
    gateway = await cleanup.stops(
      startGateway({
        CELERY_BROKER_URL: vhost.url,
        CELERY_RESULT_BACKEND: testRedisUrl(),
        CONTROL_TIMEOUT_MS: '5000',
      }),
    );
    await ready(gateway);
    await Promise.all([
      cleanup.stops(startTypeScriptWorker({ ...app, name: WORKER, concurrency: 2 })),
      cleanup.stops(startTypeScriptWorker({ ...app, name: OTHER, concurrency: 2 })),
      cleanup.stops(Flower.start(app)).then((started) => {
        flower = started;
      }),
    ]);
    await until(async () => {
      const known = await flower.json<object>('/api/workers?refresh=1');
      return WORKER in known && OTHER in known;
    }, DEADLINE);
  }, 120_000);

  afterAll(() => cleanup.run());

  const ours = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
    const answer = await gateway.call(method, path, body);
    expect([path, Math.floor(answer.status / 100), answer.body]).toEqual([path, 2, expect.anything()]);
    return answer.body;
  };
  const theirs = async (path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const { status, text } = await flower.post(path, body);
    expect([path, status, text]).toEqual([path, 200, expect.anything()]);
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  };
  const outcome = async (command: string, worker: string, args: object = {}): Promise<string | undefined> => {
    const body = { workers: [worker], ...args };
    const { outcomes } = await ours('POST', `/rabbitmq/workers/${command}`, body);
    return (outcomes as readonly Outcome[]).find((each) => each.worker === worker)?.status;
  };
  const submit = async (task: object): Promise<string> =>
    String((await ours('POST', '/rabbitmq/tasks/submit', task)).task_id);
  const finished = (taskId: string) => ours('GET', `/rabbitmq/tasks/${taskId}?wait=20`);

  /** A command that a worker may refuse: both sides say the same of it. */
  const commandedAlike = async (path: string, command: string, args: object = {}): Promise<void> => {
    const { status, text } = await flower.post(path);
    expect([text, await outcome(command, WORKER, args)]).toEqual([text, status === 200 ? 'ok' : 'refused']);
  };
  /** A command that the worker obeys. */
  const obeyed = async (path: string, command: string, args: object): Promise<void> => {
    await theirs(path);
    expect(await outcome(command, WORKER, args)).toBe('ok');
  };
  const appliedBy = async (call: string): Promise<void> => {
    const sent = await theirs(`/api/task/${call}/interop.add`, { args: [2], kwargs: { y: 3 } });
    // The same task is in the gateway's history, though others have sent it.
    const seen = await until(async () => {
      const { status, body } = await gateway.call('GET', `/rabbitmq/tasks/${String(sent['task-id'])}`);
      // The name comes with its events, which can be later than its result.
      return status === 200 && body.status === 'SUCCESS' && body.task_name !== null && body;
    }, DEADLINE);
    expect(seen).toMatchObject({ task_name: 'interop.add' });
    const id = await submit({ task_name: 'interop.add', args: [2], kwargs: { y: 3 } });
    expect(await finished(id)).toMatchObject({ status: 'SUCCESS', result: 5 });
    if (call === 'apply') expect(sent).toMatchObject({ state: 'SUCCESS', result: 5 });
  };
  const inFlower = (taskId: string) =>
    until(async () => {
      const { status, text } = await flower.get(`/api/task/info/${taskId}`);
      return status === 200 && (JSON.parse(text) as { readonly state: string; readonly result: string });
    }, DEADLINE);

  const pairs: Readonly<Record<string, readonly [here: string, check: () => Promise<void>]>> = {
    'GET /api/workers': [
      'GET /rabbitmq/workers',
      async () => {
        const known = await flower.json<Record<string, { registered: string[] }>>('/api/workers?refresh=1');
        const { workers } = await ours('GET', '/rabbitmq/workers?include=stats,active_queues,registered');
        for (const hostname of [WORKER, OTHER]) {
          const { registered } = known[hostname] ?? {};
          const details = expect.objectContaining({
            registered: expect.arrayContaining(registered ?? ['none']),
          });
          expect(workers).toContainEqual(expect.objectContaining({ hostname, online: true, details }));
        }
        expect(await ours('GET', `/rabbitmq/workers/${WORKER}`)).toMatchObject({ hostname: WORKER });
      },
    ],
    'POST /api/worker/pool/restart/{worker}': [
      'POST /rabbitmq/workers/pool-restart',
      () => commandedAlike(`/api/worker/pool/restart/${WORKER}`, 'pool-restart'),
    ],
    'POST /api/worker/pool/grow/{worker}': [
      'POST /rabbitmq/workers/pool-grow',
      () => obeyed(`/api/worker/pool/grow/${WORKER}?n=1`, 'pool-grow', { n: 1 }),
    ],
    'POST /api/worker/pool/shrink/{worker}': [
      'POST /rabbitmq/workers/pool-shrink',
      () => obeyed(`/api/worker/pool/shrink/${WORKER}?n=1`, 'pool-shrink', { n: 1 }),
    ],
    'POST /api/worker/pool/autoscale/{worker}': [
      'POST /rabbitmq/workers/autoscale',
      () =>
        commandedAlike(`/api/worker/pool/autoscale/${WORKER}?min=1&max=3`, 'autoscale', { min: 1, max: 3 }),
    ],
    'POST /api/worker/queue/add-consumer/{worker}': [
      'POST /rabbitmq/workers/add-consumer',
      () =>
        obeyed(`/api/worker/queue/add-consumer/${WORKER}?queue=theirs`, 'add-consumer', { queue: 'ours' }),
    ],
    'POST /api/worker/queue/cancel-consumer/{worker}': [
      'POST /rabbitmq/workers/cancel-consumer',
      () =>
        obeyed(`/api/worker/queue/cancel-consumer/${WORKER}?queue=theirs`, 'cancel-consumer', {
          queue: 'ours',
        }),
    ],
    'POST /api/task/apply/{name}': ['POST /rabbitmq/tasks/submit', () => appliedBy('apply')],
    'POST /api/task/async-apply/{name}': ['POST /rabbitmq/tasks/submit', () => appliedBy('async-apply')],
    'POST /api/task/send-task/{name}': ['POST /rabbitmq/tasks/submit', () => appliedBy('send-task')],
    'GET /api/task/info/{task}': [
      'GET /rabbitmq/tasks/{task_id}',
      async () => {
        const id = await submit({ task_name: 'interop.echo', args: ['told'] });
        expect(await finished(id)).toMatchObject({
          task_name: 'interop.echo',
          args: ['told'],
          result: 'told',
        });
        await until(async () => (await inFlower(id)).state === 'SUCCESS', DEADLINE);
        expect((await inFlower(id)).result).toBe("'told'");
      },
    ],
    'GET /api/task/result/{task}': [
      'GET /rabbitmq/tasks/{task_id}',
      async () => {
        const sent = await theirs('/api/task/async-apply/interop.add', { args: [1, 2] });
        const id = String(sent['task-id']);
        expect(await flower.json(`/api/task/result/${id}?timeout=20`)).toMatchObject({ result: 3 });
        expect(await finished(id)).toMatchObject({ status: 'SUCCESS', result: 3 });
      },
    ],
    'GET /api/tasks': [
      'GET /rabbitmq/tasks',
      async () => {
        const listed = await flower.json<object>('/api/tasks?taskname=interop.add&state=SUCCESS');
        const { items } = await ours('GET', '/rabbitmq/tasks?name=interop.add&state=SUCCESS&limit=500');
        const ids = (items as readonly { readonly task_id: string }[]).map((task) => task.task_id);
        expect(ids).toEqual(expect.arrayContaining(Object.keys(listed)));
        expect(ids.length).toBeGreaterThan(0);
      },
    ],
    'GET /api/task/types': [
      'GET /rabbitmq/catalogue',
      async () => {
        const { 'task-types': types } = await flower.json<Record<string, string[]>>('/api/task/types');
        const told = JSON.stringify(await ours('GET', '/rabbitmq/catalogue'));
        for (const type of types ?? ['none']) expect(told).toContain(`"${type}"`);
      },
    ],
    'GET /api/queues/length': [
      'GET /rabbitmq/queues',
      async () => {
        // Flower asks the management API, and lists nothing where there is none.
        const { active_queues: lengths } = await flower.json<Record<string, unknown[]>>('/api/queues/length');
        const { items } = await ours('GET', '/rabbitmq/queues?page_size=100');
        for (const length of lengths ?? []) expect(length).toMatchObject({ messages: 0 });
        expect(items).toContainEqual(expect.objectContaining({ queue_name: 'celery', message_count: 0 }));
      },
    ],
    'POST /api/task/timeout/{name}': [
      'POST /rabbitmq/workers/time-limit',
      () =>
        obeyed(`/api/task/timeout/interop.echo?workername=${WORKER}&hard=20&soft=10`, 'time-limit', {
          task_name: 'interop.echo',
          soft: 10,
          hard: 20,
        }),
    ],
    'POST /api/task/rate-limit/{name}': [
      'POST /rabbitmq/workers/rate-limit',
      () =>
        obeyed(`/api/task/rate-limit/interop.echo?workername=${WORKER}&ratelimit=30/m`, 'rate-limit', {
          task_name: 'interop.echo',
          rate_limit: '30/m',
        }),
    ],
    'POST /api/task/revoke/{task}': [
      'DELETE /rabbitmq/tasks/{task_id}',
      async () => {
        const waiting = { task_name: 'interop.add', args: [1, 2], countdown: 3600 };
        const [by, here] = [await submit(waiting), await submit(waiting)];
        await theirs(`/api/task/revoke/${by}`);
        const { acknowledged } = await ours('DELETE', `/rabbitmq/tasks/${here}`);
        expect(acknowledged).toEqual(expect.arrayContaining([WORKER, OTHER]));
      },
    ],
    'POST /api/task/abort/{task}': [
      'DELETE /rabbitmq/tasks/{task_id}',
      async () => {
        const running = await submit({ task_name: 'interop.sleep', args: [600] });
        await until(
          async () => (await ours('GET', `/rabbitmq/tasks/${running}`)).status === 'STARTED',
          DEADLINE,
        );
        // No task of this worker looks at Flower's mark: whatever it answers, the task runs on.
        await flower.post(`/api/task/abort/${running}`);
        await ours('DELETE', `/rabbitmq/tasks/${running}?terminate=true&signal=SIGKILL`);
        await until(
          async () => (await ours('GET', `/rabbitmq/tasks/${running}`)).status === 'REVOKED',
          DEADLINE,
        );
      },
    ],
    'GET /metrics': [
      'GET /metrics',
      async () => {
        expect((await flower.get('/metrics')).text).toContain('flower_worker_online');
        const headers = { authorization: `Bearer ${keyOf('admin')}` };
        const answer = await fetch(`${gateway.url}/metrics`, { headers });
        expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('celery_')]);
      },
    ],
    'GET /healthcheck': [
      'GET /health/live',
      async () => {
        expect((await flower.get('/healthcheck')).status).toBe(200);
        expect((await gateway.call('GET', '/health/live')).status).toBe(200);
      },
    ],
    // Last: nobody is left to command.
    'POST /api/worker/shutdown/{worker}': [
      'POST /rabbitmq/workers/shutdown',
      async () => {
        await theirs(`/api/worker/shutdown/${OTHER}`);
        expect(await outcome('shutdown', WORKER)).toBe('sent');
        await until(async () => {
          const { workers } = await ours('GET', '/rabbitmq/workers');
          return (workers as readonly { readonly online: boolean }[]).every(({ online }) => !online);
        }, DEADLINE);
      },
    ],
  };

  it.each(Object.keys(pairs))('%s has an equivalent that does the same', async (call) => {
    await pairs[call]?.[1]();
  });

  it('is told of whole, call by call, in docs/flower.md', async () => {
    const text = readFileSync(join(REPOSITORY, 'docs', 'flower.md'), 'utf8');
    const rows = [...text.matchAll(ROW)].map(([, flowers, here]) => [flowers, here]);
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(pairs).map(([flowers, [here]]) => [flowers, here])),
    );

    const paths = await runPython<readonly string[]>(
      app,
      `from flower.urls import handlers\nanswer([h[0] if isinstance(h, tuple) else h.regex.pattern for h in handlers])`,
    );
    const documented = new Set(rows.map(([flowers = '']) => anyParameter(flowers.replace(/^\w+ /, ''))));
    const calls = paths.map(anyParameter).filter((path) => path.startsWith('/api/'));
    expect(calls.length).toBeGreaterThan(15);
    for (const path of calls) expect(documented).toContain(path);
  });
});
