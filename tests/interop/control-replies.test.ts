import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { celeryCommand, type PythonApp, runPython, startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const PYTHON = 'python@here';
const TYPESCRIPT = 'typescript@here';

/** A value's form: key sets and types, down to the leaves; a list has the form of its first item. */
function shape(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, shape(item)]),
  );
}

type Replies = Readonly<Record<string, unknown>>;

describe('control replies of a Python and a TypeScript worker side by side', () => {
  let app: PythonApp;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    const vhost = await createVhost('replies');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    const args = ['--prefetch-multiplier=4'];
    await Promise.all([
      cleanup.stops(startPythonWorker({ ...app, queues: ['python'], name: PYTHON, extraArgs: args })),
      cleanup.stops(
        startTypeScriptWorker({
          ...app,
          queues: ['typescript'],
          name: TYPESCRIPT,
          concurrency: 1,
          extraArgs: args,
        }),
      ),
    ]);
  });

  afterAll(() => cleanup.run());

  /** What both nodes answer to one command line. */
  async function replies(...words: readonly string[]): Promise<{ python: unknown; typescript: unknown }> {
    const { stdout, stderr } = await celeryCommand(app, [
      ...words,
      '--json',
      '--timeout=5',
      `--destination=${PYTHON},${TYPESCRIPT}`,
    ]);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (last === '') throw new Error(`no answer to ${words.join(' ')}: ${stderr}`);
    const parsed = JSON.parse(last.replaceAll('Infinity', 'null')) as Replies | readonly Replies[];
    const all: Replies = Array.isArray(parsed) ? Object.assign({}, ...parsed) : (parsed as Replies);
    expect(new Set(Object.keys(all))).toEqual(new Set([PYTHON, TYPESCRIPT]));
    return { python: all[PYTHON], typescript: all[TYPESCRIPT] };
  }

  it.each([
    ['inspect', 'ping'],
    ['inspect', 'clock'],
    ['inspect', 'registered'],
    ['inspect', 'active_queues'],
    ['inspect', 'report'],
    ['inspect', 'memdump'],
    ['inspect', 'revoked'],
    ['inspect', 'query_task', 'unknown'],
    ['control', 'rate_limit', 'interop.noop', '0'],
  ])('%s %s has one form', async (...words) => {
    const { python, typescript } = await replies(...words);
    expect(shape(typescript)).toEqual(shape(python));
  });

  it.each([
    ['rate_limit', 'interop.add', '10/m'],
    ['rate_limit', 'interop.add', '0'],
    ['rate_limit', 'no.such.task', '1/s'],
    ['rate_limit', 'interop.add', '5/x'],
    ['time_limit', 'interop.add', '10', '20'],
    ['time_limit', 'no.such.task', '1'],
    ['revoke', 'one'],
    ['terminate', 'KILL', 'two'],
    ['terminate', 'kill', 'two'],
    ['revoke_by_stamped_headers', 'key=value'],
    ['enable_events'],
    ['disable_events'],
    ['heartbeat'],
    ['election', 'id', 'topic'],
    ['pool_restart'],
    ['autoscale', '3', '1'],
    ['add_consumer', 'other', 'exchange', 'topic', 'key.#'],
    ['cancel_consumer', 'other'],
  ])('control %s %s is answered alike', async (...words) => {
    const { python, typescript } = await replies('control', ...words);
    expect(typescript).toEqual(python);
  });

  it('answers stats with the keys and types of Python, but for what only prefork has', async () => {
    const { python, typescript } = (await replies('inspect', 'stats')) as Record<
      'python' | 'typescript',
      Record<string, Record<string, unknown>>
    >;
    const { pool: theirPool, broker: theirBroker, ...theirs } = python;
    const { pool: ourPool, broker: ourBroker, ...ours } = typescript;
    expect(shape(ours)).toEqual(shape(theirs));
    // The options of the transport are the Python application's own.
    const options = { transport_options: {} };
    expect(shape({ ...ourBroker, ...options })).toEqual(shape({ ...theirBroker, ...options }));
    expect(new Set(Object.keys(ourPool ?? {}))).toEqual(new Set(Object.keys(theirPool ?? {})));
  });

  it('shows one form of a task that runs, waits for a slot, or waits for its ETA', async () => {
    const ids = await runPython<Record<string, string[]>>(
      app,
      `
from interop_app import sleep
answer({queue: [sleep.apply_async((12,), queue=queue).id, sleep.apply_async((0,), queue=queue).id,
                sleep.apply_async((0,), queue=queue, countdown=300).id] for queue in ('python', 'typescript')})
`,
    );
    for (const [index, command] of ['active', 'reserved', 'scheduled'].entries()) {
      const both = await until(
        async () => {
          const answered = (await replies('inspect', command)) as Record<string, unknown[]>;
          return Object.values(answered).every((list) => list.length === 1) && answered;
        },
        { what: `one ${command} task on each` },
      );
      expect(shape(both.typescript)).toEqual(shape(both.python));
      expect(JSON.stringify(both.typescript)).toContain(ids.typescript?.[index]);
    }
    for (const node of ['python', 'typescript'] as const) {
      const [active = '', reserved = '', scheduled = ''] = ids[node] ?? [];
      const found = (await replies('inspect', 'query_task', active, reserved, scheduled))[node];
      expect(found).toMatchObject({
        [active]: ['active', { id: active }],
        [reserved]: ['reserved', { id: reserved }],
        [scheduled]: ['scheduled', { id: scheduled }],
      });
    }
  });

  it('keeps secrets out of conf and report', async () => {
    for (const command of ['conf', 'report']) {
      const { typescript } = await replies('inspect', command);
      expect(JSON.stringify(typescript)).toContain('amqp://guest:********@');
      expect(JSON.stringify(typescript)).not.toMatch(/guest:guest/);
    }
    const { typescript } = await replies('inspect', 'conf', 'true');
    expect(typescript).toMatchObject({
      worker_prefetch_multiplier: 4,
      task_serializer: 'json',
      timezone: 'UTC',
    });
  });

  it('survives a command it does not know, one that fails, and arguments it does not take', async () => {
    const source = `
def ask(method, **arguments):
    return app.control.broadcast(method, arguments=arguments, destination=['${TYPESCRIPT}'], reply=True, timeout=3)[0]['${TYPESCRIPT}']
answer([ask('no_such_command'), ask('objgraph'), ask('enable_events', other=1), ask('rate_limit'), ask('ping')])
`;
    await expect(runPython(app, source)).resolves.toEqual([
      { error: "KeyError('no_such_command')" },
      { error: expect.stringMatching(/^NotImplementedError/) },
      {
        error: expect.stringMatching(
          /^TypeError\(.*enable_events\(\) got an unexpected keyword argument .*other/,
        ),
      },
      {
        error: expect.stringMatching(/^TypeError\(.*rate_limit\(\) missing 2 required positional arguments/),
      },
      { ok: 'pong' },
    ]);
  });
});
