import type { Delivery } from '../../amqp';
import { CelerySession } from '../support/celery-session';
import { Cleanup } from '../support/cleanup';
import { ready } from '../support/gateway-requests';
import { startGateway } from '../support/running-gateway';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

/** With both 80 KB: more than the headers of a message may hold. */
const LONG = 'ü'.repeat(20_000);
const REPR_CHARACTERS = 1100;

const cleanup = new Cleanup();
afterAll(() => cleanup.run(), 30_000);

test('arguments longer than headers may be: the task is accepted whole, and shown short in its headers', async () => {
  const vhost = await createVhost('long');
  cleanup.does(() => vhost.drop());
  const gateway = await cleanup.stops(startGateway({ CELERY_BROKER_URL: vhost.url }));
  await ready(gateway);
  const task = { task_name: 'tasks.add', queue: 'long', args: [LONG], kwargs: { text: LONG } };
  expect((await gateway.call('POST', '/rabbitmq/tasks/submit', task)).status).toBe(202);

  const session = await cleanup.stops(CelerySession.open(vhost.url));
  const taken: Delivery[] = [];
  await session.take('long', (delivery) => taken.push(delivery));
  const { content, headers } = await until(() => taken[0]);
  expect(JSON.parse(content.toString()).slice(0, 2)).toEqual([[LONG], { text: LONG }]);
  const { argsrepr, kwargsrepr } = headers;
  for (const repr of [argsrepr, kwargsrepr]) {
    expect(repr).toContain('üüü');
    expect(String(repr).length).toBeLessThanOrEqual(REPR_CHARACTERS);
  }
}, 60_000);
