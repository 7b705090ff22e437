import { Cleanup } from '../support/cleanup';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { celeryCommand, type PythonApp, runPython, startPythonWorker } from '../support/python';
import { createVhost } from '../support/vhost';

/** Celery 5.2, from scripts/test where PyPI can be reached; else the one all tests have. */
const oldest = process.env.TEST_PYTHON_OLD ?? '';
const newest = process.env.TEST_PYTHON;

describe('the oldest Celery at hand beside a TypeScript worker and the gateway', () => {
  let app: PythonApp;
  let gateway: GatewayProcess;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    if (oldest !== '') process.env.TEST_PYTHON = oldest;
    const vhost = await createVhost('oldest');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    [gateway] = await Promise.all([
      cleanup.stops(GatewayProcess.start(app)),
      cleanup.stops(startPythonWorker({ ...app, queues: ['python'], name: 'python@here' })),
      cleanup.stops(startTypeScriptWorker({ ...app, queues: ['typescript'], name: 'typescript@here' })),
    ]);
  });

  afterAll(async () => {
    if (newest === undefined) delete process.env.TEST_PYTHON;
    else process.env.TEST_PYTHON = newest;
    await cleanup.run();
  });

  it('gets results and exceptions of TypeScript tasks', async () => {
    const seen = await runPython(
      app,
      `
import celery
from interop_app import add, fail
failed = fail.apply_async(('broken',), queue='typescript')
failed.get(timeout=10, propagate=False)
answer([celery.__version__, add.apply_async((2, 3), queue='typescript').get(timeout=10),
        failed.state, type(failed.result).__name__, 'Traceback' in failed.traceback])
`,
    );
    expect(seen).toEqual([
      expect.stringMatching(oldest === '' ? /^5/ : /^5\.2\./),
      5,
      'FAILURE',
      'TypeError',
      true,
    ]);
  });

  it("runs the gateway's task, and its result is read over REST", async () => {
    const taskId = await gateway.submit({ task_name: 'interop.add', args: [20, 22], queue: 'python' });
    await expect(gateway.result(taskId)).resolves.toMatchObject({ status: 'SUCCESS', result: 42 });
  });

  it('is answered by both workers', async () => {
    const { stdout } = await celeryCommand(app, ['inspect', 'ping', '--json', '--timeout=3']);
    const replies = Object.assign({}, ...[JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}')].flat());
    expect(replies).toEqual({ 'python@here': { ok: 'pong' }, 'typescript@here': { ok: 'pong' } });
  });
});
