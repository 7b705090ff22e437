import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess } from '../support/processes';
import { drain, SubmissionLedger } from '../support/submission-ledger';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const run = promisify(execFile);
const FULL = process.env.FULL === '1';
const KILLS = FULL ? 10 : 2;
const QUEUE = 'killed';
const BETWEEN = 150;
/** File descriptors left to a gateway beyond those it has. */
const SPARE = 20;

const cleanup = new Cleanup();
let vhost: TestVhost;

beforeAll(async () => {
  vhost = await createVhost('gateway-kill');
  cleanup.does(() => vhost.drop());
});
afterAll(() => cleanup.run(), 60_000);

const start = (): Promise<GatewayProcess> =>
  cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url, env: { RATE_LIMIT_SUBMITS: '0' } }));

describe('a gateway killed under submissions, and started again', () => {
  it('has every task it accepted in the queue, and none that it refused', async () => {
    let gateway = await start();
    const ledger = await cleanup.stops(
      new SubmissionLedger({
        gateway: () => gateway,
        queue: QUEUE,
        perSecond: 200,
        callers: 24,
      }),
    );
    ledger.start();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = ledger.accepted.size;
      await until(() => ledger.accepted.size >= before + BETWEEN, { timeoutMs: 60_000, what: 'submissions' });
      process.kill(gateway.process.pid, 'SIGKILL');
      await gateway.process.exit();
      gateway = await start();
    }
    const before = ledger.accepted.size;
    await until(() => ledger.accepted.size >= before + BETWEEN, { timeoutMs: 60_000, what: 'submissions' });
    await ledger.stop();

    const found = await drain([vhost.url], QUEUE);
    expect([...ledger.accepted].filter((id) => found.get(id) !== 1)).toEqual([]);
    expect([...ledger.refused].filter((id) => found.has(id))).toEqual([]);
    expect([...ledger.unknown].filter((id) => (found.get(id) ?? 0) > 1)).toEqual([]);
    // What it accepted before it was killed is known to the one that took its place.
    for (const id of [...ledger.accepted].slice(0, 20))
      expect((await gateway.request('GET', `/rabbitmq/tasks/${id}`)).status).toBe(200);
    const late = [...ledger.unknown].filter((id) => found.has(id)).length;
    process.stdout.write(
      `gateway killed: ${KILLS} kills, ${ledger.accepted.size} accepted, ${ledger.refused.size} refused, ${ledger.unknown.size} unknown (${late} of them queued)\n`,
    );
  }, 300_000);
});

describe('a gateway that has no file descriptors left', () => {
  it('stays alive, and serves again when there are some', async () => {
    const gateway = await start();
    const { stdout } = await run('ls', [`/proc/${gateway.process.pid}/fd`]);
    const most = stdout.trim().split('\n').length + SPARE;
    await run('prlimit', ['--pid', String(gateway.process.pid), `--nofile=${most}:${most}`]);
    const port = Number(new URL(gateway.url).port);
    const sockets: Socket[] = [];
    for (let count = 0; count < SPARE * 3; count += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
      // Refused or left waiting, either way it is not this one's turn.
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    await until(async () => {
      const open = (await run('ls', [`/proc/${gateway.process.pid}/fd`])).stdout.trim().split('\n').length;
      return open >= most - 1;
    });
    expect(gateway.process.exited).toBe(false);
    for (const socket of sockets) socket.destroy();
    await until(async () => {
      const answer = await gateway.request('POST', '/rabbitmq/tasks/submit', {
        task_name: 'interop.noop',
        queue: 'after',
      });
      return answer.status === 202;
    });
    expect((await gateway.request('GET', '/health/ready')).status).toBe(200);
    expect(gateway.process.output).not.toContain('unhandled rejection');
  }, 60_000);
});
