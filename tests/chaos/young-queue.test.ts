import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../support/cleanup';
import { post, ready } from '../support/gateway-requests';
import { PrivateBroker } from '../support/private-broker';
import { type Answer, type RunningGateway, startGateway } from '../support/running-gateway';
import { drain } from '../support/submission-ledger';
import { until } from '../support/until';

/** RabbitMQ 3.10 forgets a quorum queue that was declared this long before its node is killed. */
const KILLED_AFTER_MS = 1000;

const cleanup = new Cleanup();
let broker: PrivateBroker;
let gateway: RunningGateway;

beforeAll(async () => {
  broker = await cleanup.stops(PrivateBroker.create());
  gateway = await cleanup.stops(
    startGateway({ CELERY_BROKER_URL: broker.url, RABBITMQ_BACKOFF_MAX_MS: '500' }),
  );
  await ready(gateway);
}, 90_000);
afterAll(() => cleanup.run(), 60_000);

const declare = (queue: string): Promise<Answer> =>
  gateway.call('POST', '/rabbitmq/queues/declare', { queue_name: queue, type: 'quorum' });

/** A task and a message that is none. */
async function submitBoth(queue: string): Promise<readonly Answer[]> {
  const task = { task_name: 'tasks.add', task_id: randomUUID(), queue };
  return [
    await post(gateway, '/rabbitmq/tasks/submit', task),
    await post(gateway, '/rabbitmq/messages/publish', { queue_name: queue, message: 1 }, { role: 'admin' }),
  ];
}

test('a quorum queue just declared: nothing is accepted for it until it would outlive its broker', async () => {
  const declaredAt = performance.now();
  const declaring = declare('young').catch(() => undefined);
  await until(async () => (await gateway.call('GET', '/rabbitmq/queues/young/info')).status === 200);
  const answers: Answer[] = [];
  while (performance.now() - declaredAt < KILLED_AFTER_MS) {
    answers.push(...(await submitBoth('young')));
    await sleep(50);
  }
  await broker.kill9();
  await broker.start();
  await declaring;

  expect(answers.length).toBeGreaterThan(0);
  for (const { status, headers, body } of answers) {
    expect([status, body.code]).toEqual([503, 'QUEUE_SETTLING']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
}, 90_000);

test('a quorum queue whose declaration was answered: what is accepted at once outlives a broker killed at once', async () => {
  await ready(gateway);
  await until(async () => [200, 201].includes((await declare('settled')).status), { timeoutMs: 30_000 });
  const task_id = randomUUID();
  const answer = await post(gateway, '/rabbitmq/tasks/submit', {
    task_name: 'tasks.add',
    task_id,
    queue: 'settled',
  });
  await broker.kill9();
  await broker.start();

  expect(answer.status).toBe(202);
  expect((await drain([broker.url], 'settled', 1000)).get(task_id)).toBe(1);
}, 90_000);

test('a queue that is declared again while it is there is used on', async () => {
  await ready(gateway);
  await declare('settled');
  expect((await submitBoth('settled'))[0]?.status).toBe(202);
}, 60_000);
