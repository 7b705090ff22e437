import { connect } from 'amqplib';
import { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const WORKER = `${__dirname}/../../dist/workers/main.js`;
const STRAY_TASKS = `${__dirname}/../fixtures/tasks/stray-tasks.js`;

describe('the worker program and its signals, at its default log level', () => {
  let vhost: TestVhost;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('signals');
    cleanup.does(() => vhost.drop());
  });

  afterAll(() => cleanup.run());

  const start = (queue: string, ...extraArgs: readonly string[]): Promise<TestProcess> =>
    cleanup.stops(
      startTypeScriptWorker({
        brokerUrl: vhost.url,
        queues: [queue],
        extraArgs: ['-l', 'WARNING', ...extraArgs],
      }),
    );

  async function send(queue: string, task: string, args: readonly unknown[]): Promise<void> {
    const connection = await connect(vhost.url);
    const channel = await connection.createConfirmChannel();
    const embed = { callbacks: null, errbacks: null, chain: null, chord: null };
    channel.sendToQueue(queue, Buffer.from(JSON.stringify([args, {}, embed])), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      headers: { task, id: `${task}-1`, lang: 'py' },
    });
    await channel.waitForConfirms();
    await connection.close();
  }

  it('says what it does on SIGUSR1, and goes on', async () => {
    const worker = await start('what');
    await send('what', 'interop.sleep', [60]);
    await until(
      () => {
        process.kill(worker.pid, 'SIGUSR1');
        return worker.output.includes('"task":"interop.sleep"');
      },
      { what: 'the running task in the log' },
    );
    expect(worker.output).toContain('"id":"interop.sleep-1"');
    expect(worker.output).not.toContain('Debugger listening');
    process.kill(worker.pid, 'SIGHUP');
    await until(() => worker.output.includes('worker: Warm shutdown'), { what: 'the warm stop' });
    process.kill(worker.pid, 'SIGINT');
    expect(await worker.exit()).toBe(1);
    expect(worker.output).toContain('worker: Cold shutdown');
  });

  it('logs tasks from SIGUSR2 on, and no more after the next', async () => {
    const worker = await start('levels');
    process.kill(worker.pid, 'SIGUSR2');
    await until(() => worker.output.includes('"to":"debug"'), { what: 'the level turned up' });
    await send('levels', 'interop.noop', []);
    await until(() => worker.output.includes('interop.noop[interop.noop-1] succeeded'), {
      what: 'the lines of a task',
    });
    process.kill(worker.pid, 'SIGUSR2');
    await until(() => worker.output.includes('"to":"warn"'), { what: 'the level back' });
    process.kill(worker.pid, 'SIGTERM');
    expect(await worker.exit()).toBe(0);
  });

  it('logs a failed task with its error, and tells how Ctrl-C goes on', async () => {
    const worker = await start('fails');
    await send('fails', 'interop.fail', []);
    await until(() => worker.output.includes('raised unexpected: '), { what: 'the failure in the log' });
    process.kill(worker.pid, 'SIGINT');
    expect(await worker.exit()).toBe(0);
    expect(worker.output).toContain('Hitting Ctrl+C again will terminate all running tasks!');
  });

  it('lives on after a stray rejection, and finishes what runs after a stray error', async () => {
    const worker = await start('stray', '-l', 'INFO', '--tasks', STRAY_TASKS);
    await send('stray', 'stray.floating', []);
    await until(() => worker.output.includes('nobody waited for it'), { what: 'the rejection in the log' });
    await send('stray', 'stray.long', []);
    await until(() => worker.output.includes('stray.long[stray.long-1] received'), {
      what: 'the task running',
    });
    await send('stray', 'stray.timer', []);
    expect(await worker.exit()).toBe(1);
    expect(worker.output).toContain('from a timer');
    expect(worker.output).toContain('Task stray.long[stray.long-1] succeeded');
  });

  it('ends without a complaint when it is stopped before it has reached its broker', async () => {
    const worker = await TestProcess.start({
      command: process.execPath,
      args: [WORKER],
      env: { CELERY_BROKER_URL: `${vhost.url}-that-is-not-there` },
      readyWhen: /refused the virtual host/,
    });
    process.kill(worker.pid, 'SIGTERM');
    expect(await worker.exit()).toBe(0);
    expect(worker.output).not.toContain('    at ');
  });
});
