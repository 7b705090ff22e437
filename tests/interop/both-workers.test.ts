import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Cleanup } from '../support/cleanup';
import { keyOf } from '../support/gateway-app';
import { post, ready } from '../support/gateway-requests';
import { startTypeScriptWorker } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';
import { WebhookReceiver } from '../support/webhook-receiver';

/** Each worker has the queue of its name, and one slot. */
const KINDS = ['python', 'typescript'] as const;
type Kind = (typeof KINDS)[number];
type Body = Readonly<Record<string, unknown>>;

const PATIENT = { timeoutMs: 30_000, intervalMs: 50 };
const SUBMIT = '/rabbitmq/tasks/submit';

const cleanup = new Cleanup();
let vhost: TestVhost;
let receiver: WebhookReceiver;
let gateway: RunningGateway;

beforeAll(async () => {
  vhost = await createVhost('both-workers');
  cleanup.does(() => vhost.drop());
  receiver = await cleanup.stops(WebhookReceiver.open());
  gateway = await cleanup.stops(
    startGateway({
      CELERY_BROKER_URL: vhost.url,
      WEBHOOKS_ALLOWED: '127.0.0.1/32',
      WEBHOOKS_ALLOW_HTTP: 'true',
      METRICS_HOSTNAMES: 'true',
    }),
  );
  const one = (name: Kind) => ({
    brokerUrl: vhost.url,
    queues: [name],
    name: `${name}@here`,
    concurrency: 1,
  });
  await Promise.all([
    ready(gateway),
    cleanup.stops(startPythonWorker(one('python'))),
    cleanup.stops(startTypeScriptWorker(one('typescript'))),
  ]);
}, 90_000);

afterAll(() => cleanup.run());

/** The same for both kinds at once. */
const onBoth = async <T>(run: (kind: Kind) => Promise<T>): Promise<void> => {
  await Promise.all(KINDS.map(run));
};

const submit = async (body: Body, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
  const answer = await post(gateway, SUBMIT, body, { headers });
  expect([200, 202]).toContain(answer.status);
  return String(answer.body.task_id);
};

const ended = (taskId: string): Promise<Body> =>
  until(
    async () => {
      const { body } = await gateway.call('GET', `/rabbitmq/tasks/${taskId}?wait=10`);
      return ['SUCCESS', 'FAILURE', 'REVOKED'].includes(String(body.status)) ? body : undefined;
    },
    { ...PATIENT, what: `the end of ${taskId}` },
  );

const add = (kind: Kind, more: Body = {}): Body => ({
  task_name: 'interop.add',
  args: [2, 3],
  queue: kind,
  ...more,
});

test('a task waits for its countdown or ETA, and is revoked when it has expired before', async () => {
  await onBoth(async (kind) => {
    const eta = new Date(Date.now() + 1500).toISOString();
    const [counted, dated, late] = await Promise.all([
      submit(add(kind, { countdown: 1.5 })),
      submit(add(kind, { eta })),
      submit(add(kind, { countdown: 1.5, expires: 0.5 })),
    ]);
    for (const taskId of [counted, dated]) {
      expect(await ended(taskId)).toMatchObject({ status: 'SUCCESS', result: 5 });
      // The events may be behind the result.
      const task = await until(async () => {
        const { body } = await gateway.call('GET', `/rabbitmq/tasks/${taskId}`);
        return body.started_at === null ? undefined : body;
      }, PATIENT);
      // Python's timers look at the clock in whole milliseconds.
      expect(Date.parse(String(task.started_at))).toBeGreaterThanOrEqual(Date.parse(String(task.eta)) - 50);
    }
    expect(await ended(late)).toMatchObject({ status: 'REVOKED', reason: 'expired' });
  });
});

test('a task is ended by its own time limit', async () => {
  await onBoth(async (kind) => {
    const taskId = await submit({ task_name: 'interop.sleep', args: [60], queue: kind, time_limit: 1 });
    expect(await ended(taskId)).toMatchObject({ status: 'FAILURE', error: { type: 'TimeLimitExceeded' } });
  });
});

test('a task reaches its worker by an exchange and a routing key of the caller', async () => {
  const declared = await gateway.call('POST', '/rabbitmq/exchanges/declare', {
    exchange: 'routes',
    type: 'topic',
  });
  expect(declared.status).toBeLessThan(300);
  await onBoth(async (kind) => {
    const binding = { source: 'routes', destination: kind, routing_key: `*.${kind}` };
    await gateway.call('POST', '/rabbitmq/bindings/bind', binding);
    const { queue: _queue, ...task } = add(kind);
    const taskId = await submit({ ...task, exchange: 'routes', routing_key: `any.${kind}` });
    expect(await ended(taskId)).toMatchObject({ result: 5, worker: `${kind}@here` });
  });
});

test('of waiting tasks the one of higher priority comes first, with the headers it was given', async () => {
  await gateway.call('POST', '/rabbitmq/queues/declare', {
    queue_name: 'ranked',
    arguments: { 'x-max-priority': 9 },
  });
  const low = await submit({ ...add('python'), queue: 'ranked', priority: 1 });
  const high = await submit({
    ...add('python'),
    queue: 'ranked',
    priority: 9,
    headers: { mine: 'kept' },
    shadow: 'shown',
  });
  const { body } = await gateway.call('GET', '/rabbitmq/queues/ranked/messages?limit=2');
  const messages = body.items as { task: { task_id: string }; headers: Body }[];
  expect(messages.map(({ task }) => task.task_id)).toEqual([high, low]);
  expect(messages[0]).toMatchObject({ headers: { mine: 'kept', shadow: 'shown' } });
});

test('the tasks of a batch are run, each as it was asked for', async () => {
  const tasks = KINDS.flatMap((kind) => Array.from({ length: 10 }, (_, n) => add(kind, { args: [n, 1] })));
  const { status, body } = await post(gateway, '/rabbitmq/tasks/batch', { tasks });
  expect(status).toBe(202);
  const ids = (body.results as { task_id: string }[]).map(({ task_id: taskId }) => taskId);
  const results = await Promise.all(ids.map(async (taskId) => (await ended(taskId)).result));
  expect(results).toEqual(tasks.map(({ args }) => (args as number[])[0] ?? 0).map((n) => n + 1));
});

test('a request repeated under its key runs once, and a dedup window lasts until its task has ended', async () => {
  await onBoth(async (kind) => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, again] = [await submit(add(kind), headers), await submit(add(kind), headers)];
    expect(again).toBe(first);
    expect(await ended(first)).toMatchObject({ status: 'SUCCESS', result: 5 });

    const dedup = { key: kind, mode: 'until_done' };
    const sleeping = { task_name: 'interop.sleep', args: [0.5], queue: kind, dedup };
    const [running, same] = [await submit(sleeping), await submit(sleeping)];
    expect(same).toBe(running);
    await ended(running);
    // The window closes when the gateway has seen the end, not a moment before.
    const next = await until(async () => {
      const taskId = await submit(sleeping);
      return taskId === running ? undefined : taskId;
    }, PATIENT);
    expect(await ended(next)).toMatchObject({ status: 'SUCCESS' });
  });
});

test('the catalogue names both kinds, a schedule submits to either, and a webhook tells of the end', async () => {
  const { body } = await until(async () => {
    const answer = await gateway.call('GET', '/rabbitmq/catalogue');
    return JSON.stringify(answer.body).includes('typescript@here') ? answer : undefined;
  }, PATIENT);
  const known = (body.tasks as { task_name: string; workers: readonly string[] }[]).find(
    ({ task_name: name }) => name === 'interop.add',
  );
  expect([...(known?.workers ?? [])].sort()).toEqual(['python@here', 'typescript@here']);

  await onBoth(async (kind) => {
    const hook = await until(async () => {
      const webhook = { url: receiver.url(`/${kind}`), states: ['SUCCESS'], queues: [kind] };
      const answer = await gateway.call('POST', '/rabbitmq/webhooks', webhook);
      return answer.status === 201 ? answer.body : undefined;
    }, PATIENT);
    const schedule = { id: `of-${kind}`, interval_seconds: 3600, task: add(kind) };
    const made = await until(async () => {
      const answer = await gateway.call('POST', '/rabbitmq/schedules', schedule);
      return answer.status === 503 ? undefined : answer;
    }, PATIENT);
    expect(made.status).toBe(201);
    const run = await gateway.call('POST', `/rabbitmq/schedules/of-${kind}/run`);
    const taskId = String(run.body.task_id);
    expect(await ended(taskId)).toMatchObject({ status: 'SUCCESS', result: 5 });
    const told = await until(
      () => receiver.at(`/${kind}`).find(({ body }) => body.includes(taskId)),
      PATIENT,
    );
    const verified = new Webhook(String(hook.secret)).verify(
      told.body,
      told.headers as Record<string, string>,
    );
    expect(verified).toMatchObject({
      type: 'task.succeeded',
      data: { task_id: taskId, status: 'SUCCESS', queue: kind },
    });
    await gateway.call('DELETE', `/rabbitmq/webhooks/${String(hook.webhook_id)}`);
  });
});

test('a failed task is run again with its own arguments, or with others', async () => {
  await onBoth(async (kind) => {
    const failed = await submit({ task_name: 'interop.fail', args: ['ä first'], queue: kind });
    expect(await ended(failed)).toMatchObject({ status: 'FAILURE', error: { message: 'ä first' } });
    const retry = async (edits: Body) => {
      const { status, body } = await post(gateway, `/rabbitmq/tasks/${failed}/retry`, edits);
      expect([status, body.replay_of]).toEqual([202, failed]);
      return ended(String(body.task_id));
    };
    expect(await retry({})).toMatchObject({ error: { message: 'ä first' } });
    expect(await retry({ args: ['second'] })).toMatchObject({ error: { message: 'second' } });
  });
});

test('tasks that wait behind another are revoked by filter and by stamp, and by none else', async () => {
  await onBoth(async (kind) => {
    const batch = randomUUID();
    const busy = await submit({ task_name: 'interop.sleep', args: [2], queue: kind });
    const [tagged, stamped, kept] = [
      await submit(add(kind, { tags: [batch] })),
      await submit(add(kind, { stamps: { batch } })),
      await submit(add(kind)),
    ];
    const filter = { queue: kind, tag: batch };
    const dry = await until(async () => {
      const { body } = await post(gateway, '/rabbitmq/tasks/revoke', { filter, dry_run: true });
      return body.count === 1 ? body : undefined;
    }, PATIENT);
    expect(dry).toMatchObject({ task_ids: [tagged] });
    const byFilter = await post(gateway, '/rabbitmq/tasks/revoke', { filter });
    expect(byFilter.body).toMatchObject({ count: 1, acknowledged: expect.arrayContaining([`${kind}@here`]) });
    await post(gateway, '/rabbitmq/tasks/revoke', { stamped_headers: { batch } });
    for (const taskId of [tagged, stamped]) {
      expect(await ended(taskId)).toMatchObject({ status: 'REVOKED', reason: 'revoked' });
    }
    for (const taskId of [busy, kept]) expect(await ended(taskId)).toMatchObject({ status: 'SUCCESS' });
  });
});

test('what both did is in the metrics, and in a list by worker', async () => {
  await onBoth(async (kind) => {
    const { body } = await gateway.call(
      'GET',
      `/rabbitmq/tasks?worker=${kind}@here&name=interop.add&limit=5`,
    );
    expect((body.items as Body[]).length).toBe(5);
  });
  const scrape = async (): Promise<string> => {
    const answer = await fetch(`${gateway.url}/metrics`, { headers: { 'x-api-key': keyOf('reader') } });
    return answer.text();
  };
  const text = await scrape();
  for (const kind of KINDS) {
    for (const metric of ['celery_task_succeeded_total', 'celery_task_runtime_count']) {
      expect(text).toMatch(
        new RegExp(`^${metric}\\{[^}]*name="interop.add"[^}]*queue_name="${kind}"[^}]*\\} [1-9]`, 'm'),
      );
    }
    expect(text).toMatch(
      new RegExp(`^celery_task_failed_total\\{[^}]*queue_name="${kind}"[^}]*\\} [1-9]`, 'm'),
    );
    expect(text).toMatch(
      new RegExp(`^celery_task_revoked_total\\{[^}]*queue_name="${kind}"[^}]*\\} [1-9]`, 'm'),
    );
  }
});
