import { defineTask } from '../../workers';
import { WorkerBench } from '../integration/workers/worker-bench';
import { Cleanup } from '../support/cleanup';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { rabbitmqctl } from '../support/vhost';

const tasks = [
  defineTask('delayed.now', { params: [] }, () => Date.now() / 1000),
  defineTask('delayed.again', { params: [], maxRetries: 1 }, (context) =>
    context.request.retries === 0 ? context.retry({ countdownSeconds: 2 }) : Date.now() / 1000,
  ),
];

describe('native delayed delivery on a quorum queue', () => {
  let bench: WorkerBench;
  let app: PythonApp;
  const cleanup = new Cleanup();

  beforeEach(async () => {
    bench = await WorkerBench.open('delayed-delivery');
    cleanup.does(() => bench.close());
    app = { brokerUrl: bench.vhost.url, app: 'delayed_app' };
  });
  afterEach(() => cleanup.run());

  const startPython = () => cleanup.stops(startPythonWorker({ ...app, queues: ['qq'], name: 'python@here' }));
  const startTypeScript = () => bench.startWorker(tasks, { queues: ['qq'] });
  /** Declares the queue as any Python client does when it sends. */
  const declareFromPython = () =>
    runPython(
      app,
      "with app.connection_for_write() as c:\n    app.amqp.queues['qq'](c.default_channel).declare()\nanswer(1)",
    );
  const waitOf = (task: string, countdown: number) =>
    runPython<number>(
      app,
      `import time
sent = time.time()
ran = app.send_task('${task}', countdown=${countdown}).get(timeout=30)
answer(ran - sent)`,
    );

  const listing = async (command: string, ...columns: string[]): Promise<string[]> =>
    (await rabbitmqctl(command, '-p', bench.vhost.name, '--no-table-headers', ...columns))
      .split('\n')
      .filter((line) => line.includes('celery_delayed'))
      .map((line) => line.replace(/\[(\{.*\})\]/, (_all, list: string) => list.split('},{').sort().join()))
      .sort();
  const topology = async () => ({
    queues: await listing('list_queues', 'name', 'durable', 'auto_delete', 'arguments'),
    exchanges: await listing(
      'list_exchanges',
      'name',
      'type',
      'durable',
      'auto_delete',
      'internal',
      'arguments',
    ),
    bindings: await listing(
      'list_bindings',
      'source_name',
      'destination_name',
      'destination_kind',
      'routing_key',
      'arguments',
    ),
  });

  it('is declared alike by a Python and by a TypeScript worker alone', async () => {
    await startPython();
    const byPython = await topology();
    await cleanup.run();

    bench = await WorkerBench.open('delayed-delivery');
    cleanup.does(() => bench.close());
    app = { ...app, brokerUrl: bench.vhost.url };
    await declareFromPython();
    await startTypeScript();

    expect(byPython.queues).toHaveLength(28);
    expect(await topology()).toEqual(byPython);
  });

  it("brings Python's delayed tasks to a TypeScript worker, their retries too", async () => {
    await declareFromPython();
    await startTypeScript();

    const [once, twice] = await Promise.all([waitOf('delayed.now', 3), waitOf('delayed.again', 3)]);

    expect(once).toBeGreaterThanOrEqual(3);
    expect(once).toBeLessThan(5);
    expect(twice).toBeGreaterThanOrEqual(5);
    expect(twice).toBeLessThan(8);
    expect(bench.events.filter(({ type }) => type === 'task-succeeded')).toHaveLength(2);
  });

  it("brings a TypeScript client's delayed tasks to a Python worker, whichever was first", async () => {
    await startPython();
    const first = await bench.submit('delayed.now', [], { queue: 'qq', countdownSeconds: 1.5 });
    await bench.result(first, 'SUCCESS');
    const sent = Date.now() / 1000;
    const ids = await Promise.all(
      ['delayed.now', 'delayed.again'].map((task) =>
        bench.submit(task, [], { queue: 'qq', countdownSeconds: 3 }),
      ),
    );

    const waits = await Promise.all(
      ids.map(async (id) => Number((await bench.result(id, 'SUCCESS')).result) - sent),
    );

    expect(waits[0]).toBeGreaterThanOrEqual(3);
    expect(waits[0]).toBeLessThan(5);
    expect(waits[1]).toBeGreaterThanOrEqual(5);
    expect(waits[1]).toBeLessThan(9);
  });

  it('lets a Python worker start after a TypeScript one, without a 406', async () => {
    await declareFromPython();
    await startTypeScript();
    const python = await startPython();
    await waitOf('delayed.now', 2);
    expect(python.output).not.toMatch(/PRECONDITION[_ ]FAILED|\(406\)|reply-code=406|Unrecoverable/);
  });
});
