import { Cleanup } from '../support/cleanup';
import { GatewayProcess } from '../support/processes';
import { until } from '../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

const CALLERS = 16;
const BEFORE_STOP = 200;
const DRAIN_MS = 1000;
const QUEUE = 'kept';

/** How a submission ended: with a status, or without an answer. */
type End = number | 'no answer';

describe('a gateway that gets SIGTERM while tasks are submitted', () => {
  let vhost: TestVhost;
  let gateway: GatewayProcess;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('gateway-stop');
    cleanup.does(() => vhost.drop());
    gateway = await cleanup.stops(
      GatewayProcess.start({ brokerUrl: vhost.url, env: { GATEWAY_DRAIN_DELAY_MS: String(DRAIN_MS) } }),
    );
    await until(async () => (await gateway.request('GET', '/health/ready')).status === 200);
  });

  afterAll(() => cleanup.run());

  const submit = async (): Promise<End> => {
    const body = { task_name: 'interop.noop', queue: QUEUE };
    try {
      return (await gateway.request('POST', '/rabbitmq/tasks/submit', body)).status;
    } catch {
      return 'no answer';
    }
  };

  it('says not ready first, answers every request it took, loses no accepted task, and ends with status 0', async () => {
    const ends: End[] = [];
    let stopped: boolean = false;
    const caller = async (): Promise<void> => {
      while (!stopped) ends.push(await submit());
    };
    const callers = Promise.all(Array.from({ length: CALLERS }, caller));
    await until(() => ends.length >= BEFORE_STOP);

    const waiting = gateway.request('POST', '/rabbitmq/tasks/submit', {
      task_name: 'interop.noop',
      task_id: 'waited-for',
      queue: 'nobody-consumes',
    });
    expect((await waiting).status).toBe(202);
    const longPoll = gateway.request('GET', '/rabbitmq/tasks/waited-for?wait=30');
    const signalled = performance.now();
    process.kill(gateway.process.pid, 'SIGTERM');
    const readiness = await until(async () => {
      const answer = await gateway.request('GET', '/health/ready');
      return answer.status === 503 && answer;
    });
    expect(readiness.body).toMatchObject({ status: 'stopping' });
    expect(readiness.headers.get('connection')).toBe('close');
    expect((await longPoll).body).toMatchObject({ status: 'PENDING' });
    expect(await gateway.process.exit()).toBe(0);
    const tookMs = performance.now() - signalled;
    stopped = true;
    await callers;

    expect(tookMs).toBeGreaterThan(DRAIN_MS);
    expect(tookMs).toBeLessThan(10_000);
    const accepted = ends.filter((end) => end === 202).length;
    const refused = ends.filter((end) => end === 503).length;
    expect(refused).toBeGreaterThan(0);
    expect(new Set(ends)).toEqual(new Set([202, 503, 'no answer']));
    const queues = await rabbitmqctl(
      'list_queues',
      '-p',
      vhost.name,
      'name',
      'messages',
      '--no-table-headers',
    );
    const held = Number(new RegExp(`^${QUEUE}\\t(\\d+)$`, 'm').exec(queues)?.[1]);
    // None lost, and none taken without an answer.
    expect(held).toBe(accepted);
  }, 60_000);
});

describe('a gateway that gets a second signal', () => {
  it('ends at once', async () => {
    const vhost = await createVhost('gateway-stop');
    const env = { GATEWAY_DRAIN_DELAY_MS: '8000' };
    const gateway = await GatewayProcess.start({ brokerUrl: vhost.url, env });
    try {
      process.kill(gateway.process.pid, 'SIGTERM');
      await until(async () => (await gateway.request('GET', '/health/ready')).status === 503);
      const signalled = performance.now();
      process.kill(gateway.process.pid, 'SIGTERM');
      await gateway.process.exit();
      expect(performance.now() - signalled).toBeLessThan(4000);
    } finally {
      await gateway.process.stop('SIGKILL');
      await vhost.drop();
    }
  });
});
