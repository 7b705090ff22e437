import { createWorker, defineTask, Reject, type Worker } from '../../workers';
import type { TestProcess } from '../support/child-process';
import { freePort, PrivateBroker } from '../support/private-broker';
import { startPythonWorker } from '../support/python';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';

const START_MS = 120_000;
const WAIT_MS = 60_000;

let broker: PrivateBroker;
let gateway: RunningGateway;
let python: TestProcess;
let worker: Worker;
let refusals = 0;

const call = (method: string, path: string, body?: unknown) =>
  gateway.call(method, `/rabbitmq/${path}`, body);

const refuse = defineTask('ts.refuse', { params: ['reason'], acksLate: true }, (_context, { reason }) => {
  refusals += 1;
  throw new Reject(String(reason));
});

beforeAll(async () => {
  const port = await freePort();
  const settings = [`management.tcp.port = ${port}`, 'management.tcp.ip = 127.0.0.1'];
  broker = await PrivateBroker.create(() => settings, ['rabbitmq_management']);
  // This one comes before the policies, the other after them; both declare their queues as they always do.
  worker = createWorker({ broker: broker.url, queues: ['ts'], tasks: [refuse] });
  await worker.start();
  gateway = await startGateway({
    CELERY_BROKER_URL: broker.url,
    RABBITMQ_MANAGEMENT_URL: `http://guest:guest@127.0.0.1:${port}`,
    GATEWAY_CELERY_QUEUES: 'py,ts',
    RATE_LIMIT_ADMIN: '100000',
    RATE_LIMIT_READS: '100000',
  });
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, {
    timeoutMs: WAIT_MS,
    what: 'the gateway being ready',
  });
  for (const queue of ['py', 'ts']) {
    const setup = await call('POST', 'dead-letters/setup', {
      queue_name: queue,
      retry_delays_seconds: [0.1, 0.3],
    });
    expect(setup).toMatchObject({
      status: 200,
      body: { by: 'policy', retries: { exchange: `${queue}.retry` } },
    });
  }
  python = await startPythonWorker({
    brokerUrl: broker.url,
    app: 'reject_app',
    queues: ['py'],
    pool: 'solo',
  });
}, START_MS);

afterAll(async () => {
  await worker.stop();
  await python.stop();
  await gateway.stop();
  await broker.stop();
}, START_MS);

const letter = (queue: string) =>
  until(
    async () => {
      const { body } = await call('GET', `dead-letters/${queue}.dead`);
      const [first] = (body.items ?? []) as Readonly<Record<string, unknown>>[];
      return first;
    },
    { timeoutMs: WAIT_MS, intervalMs: 200, what: `a dead letter of ${queue}` },
  );

test(
  "a Python worker's task that rejects itself is retried by the broker, and dead after its last retry",
  async () => {
    const task = { task_name: 'reject_app.refuse', args: ['no'], queue: 'py', task_id: 'p1' };
    expect((await call('POST', 'tasks/submit', task)).status).toBe(202);
    expect(await letter('py')).toMatchObject({
      task: { task_id: 'p1', args: ['no'] },
      dead_letter: { reason: 'rejected', queue_name: 'py', count: 3, died_at: expect.any(String) },
    });
    const runs = python.output.match(/Task reject_app\.refuse\[p1\] received/g) ?? [];
    expect(runs).toHaveLength(3);
  },
  WAIT_MS,
);

test(
  "a TypeScript worker's rejected task is retried likewise; what it cannot read is dead at once, with the reason, and nothing is configured",
  async () => {
    const task = { task_name: 'ts.refuse', args: ['no'], queue: 'ts', task_id: 't1' };
    await call('POST', 'tasks/submit', task);
    expect(await letter('ts')).toMatchObject({
      task: { task_id: 't1' },
      dead_letter: { reason: 'rejected', queue_name: 'ts', count: 3 },
    });
    expect(refusals).toBe(3);
    await call('POST', 'dead-letters/ts.dead/discard', {});

    const unreadable = {
      queue_name: 'ts',
      message: { not: 'a task' },
      headers: { task: 'ts.refuse', id: 't2' },
      force: true,
    };
    expect((await call('POST', 'messages/publish', unreadable)).status).toBe(200);
    expect(await letter('ts')).toMatchObject({
      dead_letter: {
        reason: expect.stringMatching(/^body_/),
        detail: expect.any(String),
        queue_name: 'ts',
        died_at: expect.any(String),
      },
    });
    expect(refusals).toBe(3);
  },
  WAIT_MS,
);
