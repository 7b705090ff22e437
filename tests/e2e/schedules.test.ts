import { drain, startRig } from '../integration/celery/rig';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess } from '../support/processes';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const DEADLINE = { timeoutMs: 40_000, intervalMs: 100 };

interface Run {
  readonly tick_at: string;
  readonly task_id: string;
  readonly outcome: string;
}

describe('a schedule of two gateways, one of which is killed', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run());

  it('loses no tick and fires none twice', async () => {
    const vhost = await createVhost('schedule-kill');
    cleanup.does(() => vhost.drop());
    const rig = await startRig('schedule-kill', vhost);
    cleanup.does(() => rig.cleanup.run());
    const options = { brokerUrl: vhost.url, env: { SCHEDULE_LEASE_SECONDS: '6' } };
    const [victim, survivor] = await Promise.all([
      cleanup.stops(GatewayProcess.start(options)),
      cleanup.stops(GatewayProcess.start(options)),
    ]);
    const path = '/rabbitmq/schedules/each-second';
    const runs = async (): Promise<readonly Run[]> =>
      (await survivor.request<{ last_runs: Run[] }>('GET', path)).body.last_runs;
    const body = { interval_seconds: 1, task: { task_name: 'tasks.add', args: [1, 1], queue: 'ticks' } };
    await until(async () => (await survivor.request('PUT', path, body)).status < 300, DEADLINE);
    await until(async () => (await runs()).length >= 2, DEADLINE);

    await victim.process.stop('SIGKILL');
    const killedAt = Date.now();

    const ids: string[] = [];
    // Past the lease of whatever the victim had claimed.
    const last = await until(async () => {
      ids.push(...(await drain(rig, 'ticks')).map(({ properties }) => String(properties.headers?.id)));
      const seen = await runs();
      const newest = Date.parse(seen[0]?.tick_at ?? '');
      const taken = seen.every(({ task_id }) => ids.includes(task_id));
      return newest > killedAt + 2000 && taken ? seen : undefined;
    }, DEADLINE);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(last.map(({ outcome }) => outcome))).toEqual(new Set(['submitted']));
    const ticks = last.map(({ tick_at }) => Date.parse(tick_at)).reverse();
    for (const [index, tick] of ticks.slice(1).entries()) expect(tick - (ticks[index] ?? 0)).toBe(1000);
  }, 120_000);
});
