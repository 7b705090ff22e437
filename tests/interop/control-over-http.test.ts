import { AmqpConnection, AmqpConsumer } from '../../amqp';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { SilentLogger } from '../support/silent-logger';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const DEADLINE = { timeoutMs: 30_000 };
const PYTHON = 'python@here';
const TYPESCRIPT = 'typescript@here';

interface Outcome {
  readonly worker: string;
  readonly status: string;
  readonly message: string | null;
}

describe('workers of both kinds, controlled over HTTP', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let gateway: RunningGateway;
  let replica: RunningGateway;
  let revokedEarly: string;
  let keptEarly: string;

  const start = async (): Promise<RunningGateway> => {
    // A slow machine may take longer than the second that Celery's own callers wait.
    const started = await startGateway({ CELERY_BROKER_URL: vhost.url, CONTROL_TIMEOUT_MS: '5000' });
    await until(async () => (await started.call('GET', '/health/ready')).status === 200, DEADLINE);
    return started;
  };
  const submit = async (queue: string, more: object = {}): Promise<string> => {
    const task = { task_name: 'interop.add', args: [1, 2], queue, ...more };
    const { status, body } = await gateway.call('POST', '/rabbitmq/tasks/submit', task);
    expect(status).toBe(202);
    return String(body.task_id);
  };
  const stateOf = async (taskId: string): Promise<unknown> =>
    (await gateway.call('GET', `/rabbitmq/tasks/${taskId}`)).body.status;
  const ends = (taskId: string, state: string) =>
    until(async () => (await stateOf(taskId)) === state, { ...DEADLINE, what: `${state} of ${taskId}` });
  const tell = async (command: string, args: object = {}): Promise<Readonly<Record<string, Outcome>>> => {
    const body = { workers: [PYTHON, TYPESCRIPT], ...args };
    const answer = await gateway.call('POST', `/rabbitmq/workers/${command}`, body);
    expect(answer.status).toBe(200);
    return Object.fromEntries(
      (answer.body.outcomes as Outcome[]).map((outcome) => [outcome.worker, outcome]),
    );
  };
  const queuesOf = async (worker: string): Promise<readonly string[]> => {
    const { body } = await gateway.call('GET', `/rabbitmq/workers/${worker}`);
    return ((body.active_queues ?? []) as { name: string }[]).map(({ name }) => name);
  };
  const typescriptWorker = (name: string, queues: readonly string[]): Promise<TestProcess> =>
    cleanup.stops(startTypeScriptWorker({ brokerUrl: vhost.url, queues, name }));

  beforeAll(async () => {
    vhost = await createVhost('control-over-http');
    cleanup.does(() => vhost.drop());
    [gateway, replica] = await Promise.all([start(), start()]);
    revokedEarly = await submit('python');
    keptEarly = await submit('python');
    await replica.call('DELETE', `/rabbitmq/tasks/${revokedEarly}`);
    await Promise.all([
      cleanup.stops(
        startPythonWorker({
          brokerUrl: vhost.url,
          queues: ['python', 'shared'],
          name: PYTHON,
          concurrency: 2,
        }),
      ),
      typescriptWorker(TYPESCRIPT, ['typescript', 'shared']),
    ]);
  }, 120_000);

  afterAll(async () => {
    await gateway.stop();
    await replica.stop();
    await cleanup.run();
  });

  it('a Python worker does not run what was revoked while it was away', async () => {
    await ends(keptEarly, 'SUCCESS');
    await ends(revokedEarly, 'REVOKED');
  });

  it('are listed with their load and what is asked for, and tell all of themselves one by one', async () => {
    const list = await until(async () => {
      const { body } = await gateway.call('GET', '/rabbitmq/workers?include=registered,stats');
      const found = body.workers as { hostname: string; load_average: unknown; details: object }[];
      const both = found.filter(
        ({ hostname, load_average, details }) =>
          hostname.endsWith('@here') && load_average !== null && Object.keys(details).length === 2,
      );
      return both.length === 2 ? found : undefined;
    }, DEADLINE);
    for (const hostname of [PYTHON, TYPESCRIPT]) {
      expect(list).toContainEqual(
        expect.objectContaining({
          hostname,
          online: true,
          details: {
            registered: expect.arrayContaining(['interop.add']),
            stats: expect.objectContaining({ total: expect.any(Object) }),
          },
        }),
      );
      const body = await until(async () => {
        const answer = await gateway.call('GET', `/rabbitmq/workers/${hostname}`);
        return (answer.body.unanswered as unknown[]).length === 0 ? answer.body : undefined;
      }, DEADLINE);
      expect(body).toMatchObject({
        hostname,
        online: true,
        stats: { pool: expect.any(Object) },
        active: [],
        reserved: [],
        scheduled: [],
        registered: expect.arrayContaining(['interop.add']),
        clock: expect.any(Number),
        unanswered: [],
      });
      expect(body.report).toEqual(expect.any(String));
      expect(JSON.stringify(body)).not.toContain('guest:guest');
    }
  });

  it('answer each command for themselves, and those that are silent are named', async () => {
    const both = (status: string) => ({ [PYTHON]: { status }, [TYPESCRIPT]: { status } });
    expect(await tell('ping')).toMatchObject(both('ok'));
    expect(await tell('pool-grow', { n: 1 })).toMatchObject(both('ok'));
    expect(await tell('pool-shrink', { n: 1 })).toMatchObject(both('ok'));
    expect(await tell('rate-limit', { task_name: 'interop.add', rate_limit: '100/s' })).toMatchObject(
      both('ok'),
    );
    expect(await tell('time-limit', { task_name: 'interop.add', soft: 50, hard: 60 })).toMatchObject(
      both('ok'),
    );
    expect(await tell('rate-limit', { task_name: 'no.such', rate_limit: 1 })).toMatchObject(both('refused'));
    expect(await tell('enable-events')).toMatchObject(both('ok'));
    expect((await tell('pool-restart'))[PYTHON]).toMatchObject({
      status: 'refused',
      message: expect.stringContaining('restarts not enabled'),
    });
    expect((await tell('autoscale', { max: 3, min: 1 }))[PYTHON]).toMatchObject({ status: 'refused' });

    expect(await tell('add-consumer', { queue: 'extra' })).toMatchObject(both('ok'));
    for (const worker of [PYTHON, TYPESCRIPT]) {
      await until(async () => (await queuesOf(worker)).includes('extra'), DEADLINE);
    }
    expect(await tell('cancel-consumer', { queue: 'extra' })).toMatchObject(both('ok'));
    for (const worker of [PYTHON, TYPESCRIPT]) {
      await until(async () => !(await queuesOf(worker)).includes('extra'), DEADLINE);
    }
  }, 60_000);

  it('that do not answer in time are named', async () => {
    const impatient = await startGateway({ CELERY_BROKER_URL: vhost.url, CONTROL_TIMEOUT_MS: '1500' });
    cleanup.does(() => impatient.stop());
    const answer = await until(async () => {
      const body = { workers: ['ghost@here', TYPESCRIPT] };
      const given = await impatient.call('POST', '/rabbitmq/workers/enable-events', body);
      return given.status === 200 && (given.body.outcomes as Outcome[])[1]?.status === 'ok'
        ? given
        : undefined;
    }, DEADLINE);
    expect(answer.body).toMatchObject({
      command: 'enable_events',
      outcomes: [
        { worker: 'ghost@here', status: 'no_reply', message: null },
        { worker: TYPESCRIPT, status: 'ok' },
      ],
      no_reply: ['ghost@here'],
    });
    const unknown = await impatient.call('GET', '/rabbitmq/workers/nobody@here');
    expect(unknown.body.code).toBe('WORKER_NOT_FOUND');
  }, 60_000);

  it('tell which of them has a task', async () => {
    const running = await submit('python', { task_name: 'interop.sleep', args: [600] });
    await ends(running, 'STARTED');
    const found = await until(async () => {
      const { body } = await gateway.call('GET', `/rabbitmq/workers/tasks?task_ids=${running},unknown`);
      return (body.tasks as unknown[]).length > 0 ? body : undefined;
    }, DEADLINE);
    expect(found).toMatchObject({
      tasks: [{ task_id: running, worker: PYTHON, state: 'active', info: { name: 'interop.sleep' } }],
      not_found: ['unknown'],
    });
    const ended = await gateway.call('POST', '/rabbitmq/tasks/revoke', {
      task_ids: [running],
      terminate: true,
      signal: 'SIGKILL',
    });
    expect(ended.body.acknowledged).toEqual(expect.arrayContaining([PYTHON, TYPESCRIPT]));
    await ends(running, 'REVOKED');
  }, 60_000);

  it('are asked once when ten callers ask the same', async () => {
    const asked: string[] = [];
    const connection = await cleanup.stops(
      new AmqpConnection({ urls: [vhost.url], name: 'listener', logger: new SilentLogger() }),
    );
    await connection.start();
    const consumer = await cleanup.stops(
      new AmqpConsumer({
        connection,
        queue: 'overheard',
        prefetch: 0,
        noAck: true,
        prepare: async (channel) => {
          await channel.assertQueue('overheard', { durable: false, exclusive: true });
          await channel.bindQueue('overheard', 'celery.pidbox', '');
        },
        onDelivery: ({ content }) => {
          asked.push(String((JSON.parse(content.toString()) as { method: string }).method));
        },
        logger: new SilentLogger(),
      }),
    );
    await consumer.start();
    const lists = Array.from({ length: 10 }, () => gateway.call('GET', '/rabbitmq/workers?include=reserved'));
    for (const { status } of await Promise.all(lists)) expect(status).toBe(200);
    await until(() => asked.includes('reserved'), DEADLINE);
    expect(asked.filter((method) => method === 'reserved')).toHaveLength(1);
  });

  it('stop consuming a paused queue, also those that join later, and consume it again where they did', async () => {
    const paused = await gateway.call('POST', '/rabbitmq/queues/shared/pause');
    expect(paused.body).toMatchObject({ queue: 'shared', state: 'paused', by: 'admin' });
    expect(paused.body.workers).toEqual(expect.arrayContaining([PYTHON, TYPESCRIPT]));
    await until(async () => {
      const { body } = await replica.call('GET', '/rabbitmq/queues/paused');
      return JSON.stringify(body).includes('"shared"');
    }, DEADLINE);
    for (const worker of [PYTHON, TYPESCRIPT]) {
      await until(async () => !(await queuesOf(worker)).includes('shared'), DEADLINE);
    }

    await typescriptWorker('late@here', ['shared', 'late']);
    await until(async () => {
      const { body } = await gateway.call('GET', '/rabbitmq/queues/paused');
      return JSON.stringify(body).includes('late@here') && !(await queuesOf('late@here')).includes('shared');
    }, DEADLINE);
    const held = await submit('shared');
    await until(async () => {
      const { body } = await gateway.call('GET', '/rabbitmq/queues/shared/info');
      return body.message_count === 1 && body.consumer_count === 0;
    }, DEADLINE);

    const resumed = await replica.call('POST', '/rabbitmq/queues/shared/resume');
    expect(resumed.body).toMatchObject({ queue: 'shared', state: 'resumed', no_reply: [] });
    await ends(held, 'SUCCESS');
    for (const worker of [PYTHON, TYPESCRIPT, 'late@here']) {
      await until(async () => (await queuesOf(worker)).includes('shared'), DEADLINE);
    }
    const again = await until(async () => {
      const answer = await gateway.call('POST', '/rabbitmq/queues/shared/resume');
      return answer.status === 409 ? answer : undefined;
    }, DEADLINE);
    expect(again.body.code).toBe('QUEUE_NOT_PAUSED');
  }, 90_000);

  it('stop when they are told to', async () => {
    expect(await tell('shutdown')).toMatchObject({
      [PYTHON]: { status: 'sent' },
      [TYPESCRIPT]: { status: 'sent' },
    });
    await until(async () => {
      const { body } = await gateway.call('GET', '/rabbitmq/workers?online=false');
      const gone = (body.workers as { hostname: string }[]).map(({ hostname }) => hostname);
      return gone.includes(PYTHON) && gone.includes(TYPESCRIPT);
    }, DEADLINE);
  }, 60_000);
});
