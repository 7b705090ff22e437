import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { celeryCommand, type PythonApp, runPython } from '../support/python';
import { until } from '../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

describe('the worker program as an operator handles it', () => {
  let vhost: TestVhost;
  let app: PythonApp;
  let folder: string;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('program');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    folder = await mkdtemp(join(tmpdir(), 'worker-'));
  });

  afterAll(() => cleanup.run());

  const start = (name: string, extraArgs: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    cleanup.stops(startTypeScriptWorker({ ...app, name, queues: [name], extraArgs, env }));

  const send = (queue: string, ...calls: readonly string[]): Promise<string[]> =>
    runPython<string[]>(
      app,
      `from interop_app import *\nanswer([call.apply_async(queue='${queue}').id for call in (${calls.join(', ')},)])`,
    );

  /** Tasks running on this node, by Celery's own command. */
  async function active(node: string): Promise<number> {
    const { stdout } = await celeryCommand(app, [
      'inspect',
      'active',
      '--json',
      `--destination=${node}@here`,
    ]);
    return (JSON.parse(stdout) as Record<string, unknown[]>)[`${node}@here`]?.length ?? 0;
  }

  async function waiting(queue: string): Promise<number> {
    const listed = await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'messages');
    const line = listed.split('\n').find((text) => text.startsWith(`${queue}\t`));
    return Number(line?.split('\t')[1] ?? -1);
  }

  it('lets running tasks finish for a while on a cold stop, and hands the longer ones back', async () => {
    const env = { CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT: '4' };
    const worker = await start('soft', ['-n', 'soft@here'], env);
    await send('soft', 'sleep.si(2)', 'sleep.si(60)');
    await until(async () => (await active('soft')) === 2, { what: 'both tasks running' });
    const stopping = worker.stop('SIGQUIT');
    await until(() => worker.output.includes('soft stop'), { what: 'the soft stop' });
    await stopping;

    expect(worker.output).toMatch(/interop\.sleep\[[^\]]+\] succeeded/);
    await until(async () => (await waiting('soft')) === 1, { what: 'the message back in its queue' });
  });

  it('ends at once on the second signal without a soft timeout', async () => {
    const worker = await start('cold', ['-n', 'cold@here']);
    await send('cold', 'sleep.si(60)');
    await until(async () => (await active('cold')) === 1, { what: 'the task running' });
    process.kill(worker.pid, 'SIGTERM');
    await until(() => worker.output.includes('warm stop'), { what: 'the warm stop' });
    process.kill(worker.pid, 'SIGINT');

    expect(await worker.exit()).toBe(1);
    await until(async () => (await waiting('cold')) === 1, { what: 'the message back in its queue' });
  });

  it('ends by celery control shutdown with what runs finished', async () => {
    const worker = await start('remote', ['-n', 'remote@here']);
    await send('remote', 'sleep.si(2)');
    await until(async () => (await active('remote')) === 1, { what: 'the task running' });
    await celeryCommand(app, ['control', 'shutdown', '--destination=remote@here', '--timeout=0.2']);

    expect(await worker.exit()).toBe(0);
    expect(worker.output).toMatch(/interop\.sleep\[[^\]]+\] succeeded/);
    expect(await waiting('remote')).toBe(0);
  });

  it('logs to a file, and still knows what was revoked after a kill -9', async () => {
    const args = ['-n', 'kept@here', '-f', join(folder, '%n.log'), '--statedb', join(folder, '%n.state')];
    const worker = await start('kept', args);
    await runPython(app, "answer(app.control.revoke('kept-id', reply=True, timeout=2))");
    await until(async () => (await readFile(join(folder, 'kept.state'), 'utf8')).includes('kept-id'));
    await worker.stop('SIGKILL');
    expect(await readFile(join(folder, 'kept.log'), 'utf8')).toContain('mingle: searching for neighbors');
    expect(worker.output).not.toContain('mingle');

    await start('kept', args);
    const state = await runPython(
      app,
      `
from interop_app import add
result = add.apply_async((1, 2), queue='kept', task_id='kept-id')
result.get(timeout=15, propagate=False)
answer(result.state)
`,
    );
    expect(state).toBe('REVOKED');
  });

  it('ends a running task on revoke with terminate, and its Python caller is told', async () => {
    await start('ended', ['-n', 'ended@here', '--result-extended']);
    const told = await runPython(
      app,
      `
import time
from celery.exceptions import TaskRevokedError
from interop_app import sleep
result = sleep.apply_async((60,), queue='ended')
inspect = app.control.inspect(destination=['ended@here'], timeout=5)
while not inspect.active()['ended@here']:
    time.sleep(0.05)
app.control.revoke(result.id, terminate=True, signal='SIGKILL')
try:
    result.get(timeout=15)
except TaskRevokedError as error:
    meta = result._get_task_meta()
    answer([str(error), result.state, result.name, result.worker, result.retries, result.queue, inspect.active()])
`,
    );
    expect(told).toEqual([
      'terminated',
      'REVOKED',
      'interop.sleep',
      'ended@here',
      0,
      'ended',
      { 'ended@here': [] },
    ]);
  });

  it('names every wrong setting at once and starts nothing', async () => {
    const wrong = startTypeScriptWorker({
      ...app,
      extraArgs: ['-c', 'many', '--autoscale', 'x', '--time-limit', '-1'],
    });
    await expect(wrong).rejects.toThrow('The configuration has 3 problem(s)');
  });
});
