import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

const QUEUES = ['celery', 'reports'];

describe('declarations, when a Python and a TypeScript worker start one after the other', () => {
  let vhost: TestVhost;
  let app: PythonApp;

  beforeEach(async () => {
    vhost = await createVhost('start-order');
    app = { brokerUrl: vhost.url };
  });

  afterEach(() => vhost.drop());

  const startPython = () => startPythonWorker({ ...app, queues: QUEUES, name: 'python@here' });
  const startTypeScript = () => startTypeScriptWorker({ ...app, queues: QUEUES, name: 'typescript@here' });

  it.each([
    { order: 'Python first', starts: [startPython, startTypeScript] },
    { order: 'TypeScript first', starts: [startTypeScript, startPython] },
  ])('leave one durable queue of each name without arguments, and no 406: $order', async ({ starts }) => {
    const cleanup = new Cleanup();
    try {
      const workers = [];
      for (const start of starts) workers.push(await cleanup.stops(start()));
      const sums = await runPython(
        app,
        "answer([app.send_task('interop.add', (1, n), queue=q).get(timeout=10) for n in range(4) for q in ('celery', 'reports')])",
      );
      const listed = await rabbitmqctl(
        'list_queues',
        '-p',
        vhost.name,
        'name',
        'durable',
        'arguments',
        '--formatter',
        'json',
      );

      expect(sums).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
      const queues = JSON.parse(listed) as { name: string; durable: boolean; arguments: unknown[] }[];
      expect(
        queues.filter(({ name }) => QUEUES.includes(name)).sort((a, b) => a.name.localeCompare(b.name)),
      ).toEqual(QUEUES.map((name) => ({ name, durable: true, arguments: [] })));
      for (const worker of workers)
        expect(worker.output).not.toMatch(/PRECONDITION[_ ]FAILED|\(406\)|reply-code=406/);
    } finally {
      await cleanup.run();
    }
  });
});
