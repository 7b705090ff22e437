import { Cleanup } from '../../support/cleanup';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../../support/vhost';
import { drain, type Rig, startRig } from '../celery/rig';

const DEADLINE = { timeoutMs: 30_000 };

interface Run {
  readonly tick_at: string | null;
  readonly task_id: string;
  readonly outcome: string;
}

describe('schedules of two gateways on one broker', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let rig: Rig;
  let one: RunningGateway;
  let two: RunningGateway;

  const start = async (): Promise<RunningGateway> => {
    const gateway = await startGateway({ CELERY_BROKER_URL: vhost.url, SCHEDULE_LEASE_SECONDS: '6' });
    await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, DEADLINE);
    return gateway;
  };
  const runsOf = async (gateway: RunningGateway, id: string): Promise<readonly Run[]> =>
    (await gateway.call('GET', `/rabbitmq/schedules/${id}`)).body.last_runs as Run[];

  beforeAll(async () => {
    vhost = await createVhost('schedules');
    cleanup.does(() => vhost.drop());
    rig = await startRig('schedules', vhost);
    cleanup.does(() => rig.cleanup.run());
    [one, two] = await Promise.all([start(), start()]);
  }, 60_000);

  afterAll(async () => {
    await one.stop();
    await two.stop();
    await cleanup.run();
  });

  test('each tick is one task, whoever fires it, also over the restart of a gateway', async () => {
    const body = {
      id: 'each-second',
      interval_seconds: 1,
      task: { task_name: 'tasks.add', args: [2, 3], queue: 'ticks' },
    };
    const made = await until(async () => {
      const answer = await one.call('POST', '/rabbitmq/schedules', body);
      return answer.status === 201 ? answer : undefined;
    }, DEADLINE);
    expect(made.headers.get('location')).toBe('/rabbitmq/schedules/each-second');
    expect(made.body).toMatchObject({ id: 'each-second', revision: 1, timezone: null, last_runs: [] });

    await until(async () => (await runsOf(two, 'each-second')).length >= 2, DEADLINE);
    await one.stop();
    const before = (await runsOf(two, 'each-second')).length;
    await until(async () => (await runsOf(two, 'each-second')).length > before, DEADLINE);
    one = await start();
    await until(async () => (await runsOf(one, 'each-second')).length >= before + 2, DEADLINE);

    const paused = await two.call('POST', '/rabbitmq/schedules/each-second/pause');
    expect(paused.body).toMatchObject({ paused: true, next_run_at: null, revision: 2 });
    const ids: string[] = [];
    // What was claimed when the pause came is fired and written down before anything is compared.
    const runs = await until(async () => {
      ids.push(...(await drain(rig, 'ticks')).map(({ properties }) => String(properties.headers?.id)));
      const [seen, other] = [await runsOf(one, 'each-second'), await runsOf(two, 'each-second')];
      const agreed = JSON.stringify(seen) === JSON.stringify(other);
      return agreed && seen.every(({ task_id }) => ids.includes(task_id)) ? seen : undefined;
    }, DEADLINE);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(runs.map(({ tick_at }) => tick_at)).size).toBe(runs.length);
    expect(new Set(runs.map(({ outcome }) => outcome))).toEqual(new Set(['submitted']));
  }, 90_000);

  test('change, run by hand, next times, list and deletion are seen by the other gateway', async () => {
    const put = await one.call('PUT', '/rabbitmq/schedules/nightly', {
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      task: { task_name: 'tasks.add', args: [1, 1], queue: 'by-hand' },
    });
    expect(put.status).toBe(201);
    const patched = await until(async () => {
      const answer = await two.call('PATCH', '/rabbitmq/schedules/nightly', {
        interval_seconds: 3600,
        description: 'hourly now',
      });
      return answer.status === 200 ? answer.body : undefined;
    }, DEADLINE);
    expect(patched).toMatchObject({
      cron: null,
      interval_seconds: 3600,
      description: 'hourly now',
      revision: 2,
    });

    const ran = await two.call('POST', '/rabbitmq/schedules/nightly/run');
    expect(ran.status).toBe(202);
    await until(async () => (await runsOf(one, 'nightly'))[0]?.task_id === ran.body.task_id, DEADLINE);
    const [message] = await drain(rig, 'by-hand');
    expect(message?.properties.headers).toMatchObject({ id: ran.body.task_id, gateway_schedule: 'nightly' });

    const next = await one.call('GET', '/rabbitmq/schedules/nightly/next?count=3');
    expect(next.body.times).toHaveLength(3);
    const list = await one.call('GET', '/rabbitmq/schedules?limit=1');
    expect(list.body).toMatchObject({ schedules: [{ id: 'each-second' }], next_cursor: 'each-second' });
    const rest = await one.call('GET', '/rabbitmq/schedules?limit=1&cursor=each-second');
    expect(rest.body).toMatchObject({ schedules: [{ id: 'nightly' }], next_cursor: null });

    expect((await one.call('DELETE', '/rabbitmq/schedules/nightly')).status).toBe(204);
    await until(async () => (await two.call('GET', '/rabbitmq/schedules/nightly')).status === 404, DEADLINE);
    expect((await two.call('GET', '/rabbitmq/schedules/nightly')).body.code).toBe('SCHEDULE_NOT_FOUND');
  }, 60_000);

  test('callers cannot touch the stream that keeps them', async () => {
    const purge = await one.call('DELETE', '/rabbitmq/queues/celery-gateway.schedules/purge');
    expect(purge.body.code).toBe('NAME_NOT_ALLOWED');
    expect(await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'type')).toMatch(
      /celery-gateway\.schedules\s+stream/,
    );
  });
});
