import { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import {
  celeryCommand,
  type PythonApp,
  pythonProcess,
  runPython,
  startPythonWorker,
} from '../support/python';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const TYPESCRIPT = 'typescript@here';
const PYTHON = 'python@here';

describe('a Python and a TypeScript worker as neighbours', () => {
  let app: PythonApp;
  let typescript: TestProcess;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    const vhost = await createVhost('presence');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    const worker = { ...app, name: TYPESCRIPT, queues: ['typescript'], extraArgs: ['-l', 'debug'] };
    typescript = await cleanup.stops(startTypeScriptWorker(worker));
  });

  afterAll(() => cleanup.run());

  const clocks = async (...nodes: readonly string[]): Promise<readonly number[]> => {
    const { stdout } = await celeryCommand(app, [
      'inspect',
      'clock',
      '--json',
      '--timeout=5',
      `--destination=${nodes.join(',')}`,
    ]);
    const replies = JSON.parse(stdout) as Record<string, { readonly clock: number }>;
    return nodes.map((node) => replies[node]?.clock ?? Number.NaN);
  };

  it('brings a starting Python worker up to date by mingle: clock and revoked tasks', async () => {
    await runPython(app, "answer(app.control.revoke('told-before', reply=True, timeout=2))");
    const [before = 0] = await clocks(TYPESCRIPT);
    const python = await cleanup.stops(startPythonWorker({ ...app, name: PYTHON, queues: ['python'] }));

    expect(python.output).toContain('mingle: sync with 1 nodes');
    expect(python.output).toContain('mingle: sync complete');
    expect(python.output).not.toMatch(/Traceback|sync with .* failed/);
    const [theirs = 0, ours = 0] = await clocks(PYTHON, TYPESCRIPT);
    expect(theirs).toBeGreaterThan(before);
    // Gossip and control keep both abreast; each reply is counted by its sender alone.
    expect(Math.abs(ours - theirs)).toBeLessThan(20);

    const state = await runPython<string>(
      app,
      `
from celery.exceptions import TaskRevokedError
from interop_app import add
result = add.apply_async((1, 2), queue='python', task_id='told-before')
try:
    result.get(timeout=15)
except TaskRevokedError:
    answer(result.state)
`,
    );
    expect(state).toBe('REVOKED');
  });

  it('is brought up to date by a Python worker when it starts itself', async () => {
    await runPython(app, "answer(app.control.revoke('told-to-python', reply=True, timeout=2))");
    const late = await cleanup.stops(
      startTypeScriptWorker({ ...app, name: 'late@here', queues: ['late'], extraArgs: ['-l', 'debug'] }),
    );

    expect(late.output).toContain('mingle: sync with 2 nodes');
    const { stdout } = await celeryCommand(app, ['inspect', 'revoked', '--json', '--destination=late@here']);
    expect(JSON.parse(stdout)).toEqual({ 'late@here': expect.arrayContaining(['told-to-python']) });
    await until(() => late.output.includes(`${PYTHON} joined the party`), { what: 'gossip of the others' });
    await late.stop();
    await until(() => typescript.output.includes('late@here left'), { what: 'gossip of the one that left' });
  });

  it('starts alone and silent when it is told so', async () => {
    const extraArgs = ['--without-mingle', '--without-gossip', '--without-heartbeat', '-l', 'debug'];
    const quiet = await cleanup.stops(
      startTypeScriptWorker({ ...app, name: 'quiet@here', queues: ['quiet'], extraArgs }),
    );
    const { stdout } = await celeryCommand(app, ['inspect', 'ping', '--destination=quiet@here']);

    expect(stdout).toContain('pong');
    expect(quiet.output).not.toMatch(/mingle|joined the party/);
    expect(typescript.output).not.toContain('quiet@here joined');
    await quiet.stop();
  });

  it('revokes by stamped header from Python', async () => {
    const state = await runPython<string>(
      app,
      `
from celery.exceptions import TaskRevokedError
from interop_app import add
app.control.revoke_by_stamped_headers({'tenant': ['blue']}, reply=True, timeout=2)
result = add.apply_async((1, 2), queue='typescript', stamped_headers=['tenant'], tenant='blue')
other = add.apply_async((1, 2), queue='typescript', stamped_headers=['tenant'], tenant='red')
try:
    result.get(timeout=15)
except TaskRevokedError:
    answer([result.state, other.get(timeout=15)])
`,
    );
    expect(state).toEqual(['REVOKED', 3]);
  });

  it('is printed by celery events --dump', async () => {
    const dump = await cleanup.stops(
      TestProcess.start({ ...pythonProcess(app, ['events', '--dump']), readyWhen: /evdump: starting/ }),
    );
    await until(() => dump.output.includes(`${TYPESCRIPT} [`), { what: 'a heartbeat' });
    await runPython(
      app,
      `
from interop_app import add, fail
good, bad = add.apply_async((2, 3), queue='typescript'), fail.apply_async(('no',), queue='typescript')
good.get(timeout=15)
bad.get(timeout=15, propagate=False)
revoked = add.apply_async((1, 1), queue='typescript', expires=-5)
revoked.get(timeout=15, propagate=False)
answer(True)
`,
    );
    for (const line of ['task received', 'task started', 'task succeeded', 'task failed', 'task revoked']) {
      await until(() => dump.output.includes(line), { what: `${line} in the dump` });
    }
    expect(dump.output).toMatch(/interop\.add\([0-9a-f-]+\) args=\(2, 3\) kwargs=\{\}/);
    expect(dump.exited).toBe(false);
  });
});
