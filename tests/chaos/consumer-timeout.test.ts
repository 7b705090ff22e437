import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { PrivateBroker } from '../support/private-broker';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { until } from '../support/until';

/** In place of RabbitMQ's half hour, looked at each half second in place of each minute. */
const TIMEOUT_MS = 3000;
const LIMITS = `application:set_env(rabbit, consumer_timeout, ${TIMEOUT_MS}), application:set_env(rabbit, channel_tick_interval, 500).`;
const COUNTDOWN_SECONDS = 8;
const TASKS = 20;

describe('tasks whose ETA is later than a broker lets a message go unacknowledged', () => {
  const cleanup = new Cleanup();
  let broker: PrivateBroker;
  let gateway: GatewayProcess;
  let worker: TestProcess;
  let ledger: Ledger;

  beforeAll(async () => {
    broker = await cleanup.stops(PrivateBroker.create());
    ledger = await cleanup.stops(Ledger.create());
    [gateway, worker] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: broker.url })),
      cleanup.stops(
        startTypeScriptWorker({
          brokerUrl: broker.url,
          env: {
            ...ledger.env,
            CELERY_WORKER_ETA_PARK_AFTER: '1',
            CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE: 'classic',
          },
        }),
      ),
    ]);
    // The first task that waits in the broker has the worker declare 28 queues, which is not what the limit is for.
    await gateway.submit({ task_name: 'interop.record', args: [0], countdown: 3600 });
    await until(
      async () => /^celery_delayed_\d+\t1$/m.test(await broker.ctl('list_queues', 'name', 'messages')),
      { timeoutMs: 60_000, what: 'the first task in the broker' },
    );
    await broker.ctl('eval', LIMITS);
  }, 180_000);

  afterAll(() => cleanup.run(), 60_000);

  it('wait in the broker, run once each when they are due, and the worker keeps its channel', async () => {
    // That the limit holds: who keeps a message this long loses the channel.
    const connection = await connect(broker.url);
    const channel = await connection.createChannel();
    const closed = new Promise<string>((resolve) => channel.once('error', (error) => resolve(String(error))));
    await channel.assertQueue('kept');
    await channel.consume('kept', () => undefined);
    channel.sendToQueue('kept', Buffer.from('never acknowledged'));

    const submittedAt = Date.now();
    const ids: string[] = [];
    for (let number = 1; number <= TASKS; number += 1)
      ids.push(
        await gateway.submit({
          task_name: 'interop.record',
          args: [number],
          countdown: COUNTDOWN_SECONDS,
        }),
      );
    expect(await closed).toContain('406');
    await connection.close();
    expect(await ledger.runs()).toEqual([]);
    for (const id of ids) await expect(gateway.result(id, 30)).resolves.toMatchObject({ status: 'SUCCESS' });
    expect(Date.now() - submittedAt).toBeGreaterThanOrEqual(COUNTDOWN_SECONDS * 1000);
    // A message given back to the queue would come again by now.
    await sleep(TIMEOUT_MS);
    const numbers = (await ledger.runs()).map(({ number }) => number).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: TASKS }, (_, at) => at + 1));
    expect(worker.exited).toBe(false);
    expect(worker.output).not.toMatch(/PRECONDITION|CHANNEL_CLOSED|\(406\)|channel was closed/i);
    await until(async () => /^celery\t1$/m.test(await broker.ctl('list_queues', 'name', 'consumers')));
  }, 120_000);
});
