import { defineTask, PythonError } from '../../workers';
import { WorkerBench } from '../integration/workers/worker-bench';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { celeryCommand, type PythonApp, runPython, startPythonWorker } from '../support/python';
import { until } from '../support/until';

const tasks = [
  defineTask('t.args', { params: [] }, () => {
    throw new PythonError('ValueError', 'builtins', ['bad', 1, { deep: [null, true] }]);
  }),
  defineTask('t.own', { params: [] }, () => {
    throw new PythonError('QuotaExceeded', 'billing.errors', ['gold', 42]);
  }),
  defineTask('t.range', { params: [] }, () => {
    throw new RangeError('too far');
  }),
  defineTask('t.now', { params: [] }, () => Date.now() / 1000),
];

describe('the fate of tasks, as Python sees it', () => {
  let bench: WorkerBench;
  let app: PythonApp;
  const cleanup = new Cleanup();

  beforeEach(async () => {
    bench = await WorkerBench.open('task-fates');
    cleanup.does(() => bench.close());
    app = { brokerUrl: bench.vhost.url };
  });
  afterEach(() => cleanup.run());

  it('keeps all arguments of an exception through get()', async () => {
    await bench.startWorker(tasks);
    const seen = await runPython(
      app,
      `def fate(name):
    try:
        app.send_task(name).get(timeout=10)
    except Exception as error:
        return [type(error).__name__, isinstance(error, ValueError), list(error.args)]
answer([fate(name) for name in ('t.args', 't.own', 't.range')])`,
    );
    expect(seen).toEqual([
      ['ValueError', true, ['bad', 1, { deep: [null, true] }]],
      ['QuotaExceeded', false, ['gold', 42]],
      ['ValueError', true, ['too far']],
    ]);
  });

  it('drops what has expired: REVOKED, and an event that says so', async () => {
    await bench.topology.declareQueue({ name: 'celery' });
    const id = await bench.submit('t.now', [], {
      expires: new Date(Date.now() - 1000),
      headers: { mine: 1 },
    });
    // The broker drops what has expired before a consumer is there; a message without its TTL reaches the worker.
    expect(await bench.depth('celery')).toBe(0);
    await bench.startWorker(tasks);
    const late = await bench.submit('t.now', [], { countdownSeconds: 2, expires: 1 });
    expect((await bench.result(late, 'REVOKED')).result).toMatchObject({
      exc_type: 'TaskRevokedError',
      exc_message: ['expired'],
    });
    expect(await bench.event(late, 'task-revoked')).toMatchObject({ expired: true, terminated: false });
    expect(bench.eventsOf(late)).not.toContain('task-started');
    expect(bench.metasOf(id)).toEqual([]);
  });

  it('holds a near ETA: scheduled and prefetched one more; when the worker is killed, Python runs it in time', async () => {
    const typescript = await cleanup.stops(
      startTypeScriptWorker({ ...app, name: 'typescript@here', extraArgs: ['--prefetch-multiplier', '1'] }),
    );
    const due = Date.now() / 1000 + 12;
    const id = await bench.submit('interop.echo', [7], { eta: new Date(due * 1000) });
    const inspect = async (what: string) => {
      const { stdout } = await celeryCommand(app, [
        'inspect',
        what,
        '--json',
        '--destination',
        'typescript@here',
      ]);
      return JSON.parse(stdout)['typescript@here'];
    };
    const scheduled = await until(async () => {
      const list = await inspect('scheduled');
      return list.length === 1 ? list[0] : undefined;
    });
    expect(scheduled).toMatchObject({ request: { id, name: 'interop.echo' } });
    expect((await inspect('stats')).prefetch_count).toBe(4 + 1);

    await typescript.stop('SIGKILL');
    await cleanup.stops(startPythonWorker({ ...app, name: 'python@here' }));
    const { result, date_done } = await bench.result(id, 'SUCCESS');
    expect(result).toBe(7);
    expect(Date.parse(`${date_done}`) / 1000).toBeGreaterThanOrEqual(due);
  });
});
