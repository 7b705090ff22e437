import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { type PythonApp, runPython } from '../support/python';
import { createVhost, type TestVhost } from '../support/vhost';

describe('a Python client whose tasks a TypeScript worker runs, results on rpc', () => {
  let vhost: TestVhost;
  const cleanup = new Cleanup();
  let app: PythonApp;

  beforeAll(async () => {
    vhost = await createVhost('python-client');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    await cleanup.stops(startTypeScriptWorker({ brokerUrl: vhost.url, name: 'typescript@here' }));
  });

  afterAll(() => cleanup.run());

  it('gets the result of delay() by get()', async () => {
    await expect(
      runPython(app, 'from interop_app import add\nanswer(add.delay(2, 3).get(timeout=10))'),
    ).resolves.toBe(5);
  });

  it('gets results of calls with keyword arguments, with options and with a compressed body', async () => {
    const source = `
from interop_app import add, echo
first = add.apply_async(kwargs={'x': 1, 'y': 2}, priority=3, expires=60, time_limit=300, soft_time_limit=200)
second = echo.apply_async(({'deep': [1, {'a': None}]},), compression='zlib')
answer([first.get(timeout=10), second.get(timeout=10)])
`;
    await expect(runPython(app, source)).resolves.toEqual([3, { deep: [1, { a: null }] }]);
  });

  it('sees the exception a TypeScript task threw, of the type it names, with a traceback', async () => {
    const source = `
from interop_app import fail
result = fail.delay('not a function')
try:
    result.get(timeout=10)
except TypeError as error:
    answer([type(error).__name__, str(error), result.state, result.traceback])
`;

    const [type, message, state, traceback] = await runPython<string[]>(app, source);

    expect([type, message, state]).toEqual(['TypeError', 'not a function', 'FAILURE']);
    expect(traceback).toContain('TypeError: not a function');
  });

  it("sees an exception of a type Python does not know by that type's name", async () => {
    const source = `
from interop_app import fail_custom
try:
    fail_custom.delay('broken', 7).get(timeout=10)
except Exception as error:
    answer([type(error).__name__, str(error)])
`;
    await expect(runPython(app, source)).resolves.toEqual(['InteropError', 'broken']);
  });

  it('sees NotRegistered for a task the worker does not know, and the worker lives on', async () => {
    const source = `
from interop_app import add
unknown = app.send_task('interop.unknown')
try:
    unknown.get(timeout=10)
except Exception as error:
    answer([type(error).__name__, str(error), add.delay(1, 1).get(timeout=10)])
`;

    const [type, message, next] = await runPython<unknown[]>(app, source);

    expect([type, next]).toEqual(['NotRegistered', 2]);
    expect(message).toContain('interop.unknown');
  });

  it('sees STARTED with the process and the worker that runs the task, then SUCCESS', async () => {
    const source = `
import time
from interop_app import sleep
result = sleep.delay(2)
deadline = time.monotonic() + 20
while result.state == 'PENDING' and time.monotonic() < deadline:
    time.sleep(0.05)
started = [result.state, result.info]
answer([*started, result.get(timeout=20), result.state])
`;

    const [state, info, value, end] = await runPython<unknown[]>(app, source);

    expect([state, value, end]).toEqual(['STARTED', 2, 'SUCCESS']);
    expect(info).toEqual({ pid: expect.any(Number), hostname: 'typescript@here' });
  });

  it('has 500 results arrive, each with its own task', async () => {
    const source = `
from interop_app import echo
results = [echo.delay(number) for number in range(500)]
answer([result.get(timeout=20) for result in results] == list(range(500)))
`;
    await expect(runPython(app, source)).resolves.toBe(true);
  });
});
