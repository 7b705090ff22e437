import { type Canvas, type CanvasResult, canvas, createWorker, defineTask } from '../../workers';
import { Cleanup } from '../support/cleanup';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { RpcNode } from '../support/rpc-node';
import { createVhost } from '../support/vhost';

const { chain, chord, s, set } = canvas;
const python = (sig: Canvas): Canvas => set(sig, { queue: 'celery' });
const typescript = (sig: Canvas): Canvas => set(sig, { queue: 'typescript' });
const add = (...args: readonly number[]): Canvas => s('interop.add', ...args);
const echo = s('interop.echo');

const tasks = [
  defineTask('interop.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
  defineTask('interop.echo', { params: ['value'] }, (_context, { value }) => value),
  defineTask('rpc.replaced', { params: ['x'] }, (context, { x }) =>
    context.replace(chain(python(add(Number(x), 1)), typescript(add(10)))),
  ),
  defineTask('rpc.replaced_by_chord', { params: ['x'] }, (context, { x }) =>
    context.replace(chord([python(add(Number(x), 1)), typescript(add(Number(x), 2))], python(echo))),
  ),
];

describe('canvases of TypeScript and Python workers whose results go by rpc', () => {
  const cleanup = new Cleanup();
  let app: PythonApp;
  let node: RpcNode;

  beforeAll(async () => {
    const vhost = await createVhost('canvas-rpc');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    node = await RpcNode.start(vhost.url);
    cleanup.does(() => node.stop());
    const worker = createWorker({
      tasks,
      broker: vhost.url,
      queues: ['typescript'],
      concurrency: 4,
      mingle: false,
    });
    cleanup.does(() => worker.stop());
    await Promise.all([worker.start(), cleanup.stops(startPythonWorker({ ...app, concurrency: 2 }))]);
  }, 90_000);
  afterAll(() => cleanup.run());

  const value = async (result: CanvasResult | null): Promise<unknown> => {
    const meta = await node.results.waitForResult(String(result?.id), { timeoutMs: 30_000 });
    return meta?.status === 'SUCCESS' ? meta.result : meta;
  };

  it('a chord whose header runs in both languages is joined by the gateway', async () => {
    const { result } = await node.canvases.apply(
      chain(typescript(add(1, 2)), canvas.group(python(add(10)), typescript(add(20))), typescript(echo)),
    );
    expect(await value(result)).toEqual([13, 23]);
  });

  it('a task that replaces itself with a chord leaves it with the gateways', async () => {
    const { result } = await node.canvases.apply(typescript(s('rpc.replaced_by_chord', 5)));
    expect(await value(result)).toEqual([6, 7]);
  });

  it('a Python caller gets the result of a TypeScript task that was replaced', async () => {
    const source = `answer(app.signature("rpc.replaced", args=(5,), queue="typescript").apply_async().get(timeout=20))`;
    expect(await runPython(app, source)).toBe(16);
  });

  it('a Python caller, whose results no gateway sees, is told that there are no chords for it', async () => {
    const source = `
try:
    app.signature("rpc.replaced_by_chord", args=(5,), queue="typescript").apply_async().get(timeout=20)
except Exception as error:
    answer(str(error))
`;
    expect(await runPython(app, source)).toContain('chords on rpc://');
  });

  it('a Python caller is not disturbed by the results of callbacks, which come to it as well', async () => {
    const source = `
from interop_app import add
values = []
for n in range(3):
    task = add.apply_async((n, 1), queue="typescript", link=[add.s(10), add.s(20).set(queue="typescript")])
    values.append(task.get(timeout=20))
answer(values)
`;
    expect(await runPython(app, source)).toEqual([1, 2, 3]);
  });

  it("the worker knows Celery's own tasks, and shows them when asked for", async () => {
    const source = `
def own(builtins):
    answers = app.control.broadcast("registered", arguments={"builtins": builtins}, reply=True, timeout=5, limit=2)
    return [sorted(name for name in names if name.startswith("celery.")) for answer in answers for names in answer.values()]
answer([own(True), own(False)])
`;
    const [shown, hidden] = await runPython<readonly (readonly (readonly string[])[])[]>(app, source);
    expect(shown).toHaveLength(2);
    expect(shown?.[0]).toEqual(shown?.[1]);
    expect(shown?.[0]).toContain('celery.chord_unlock');
    expect(hidden).toEqual([[], []]);
  });

  it('Python builds a chain that TypeScript and Python run in turn: ids, parents and root are those of Celery', async () => {
    const source = `
from celery import chain
from interop_app import add
last = chain(add.s(1, 2).set(queue="typescript"), add.s(3), add.s(4).set(queue="typescript")).apply_async()
value = last.get(timeout=20)
answer([value, last.parent.get(timeout=20), last.parent.parent.get(timeout=20)])
`;
    expect(await runPython(app, source)).toEqual([10, 6, 3]);
  });
});
