import * as zlib from 'node:zlib';
import type { HeaderTable } from '../../amqp';
import { createWorker, defineTask } from '../../workers';
import { Cleanup } from '../support/cleanup';
import { DirectSession } from '../support/direct-session';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { until } from '../support/until';

const WAIT_MS = 120_000;
const MIN_BYTES = 2000;
const BIG = 'a ticket that says much the same again and again. '.repeat(200);
const SMALL = 'a short ticket';
/** Of the contract: the content type kombu knows each by. */
const MIMES = {
  zlib: 'application/x-gzip',
  brotli: 'application/x-brotli',
  zstd: 'application/zstd',
} as const;

const echo = defineTask('interop.echo', { params: ['value'] }, (_context, { value }) => value);
/** Sends its argument on, so that the worker's own setting is what compresses. */
const relay = defineTask(
  'interop.relay',
  { params: ['value', 'queue'] },
  async (context, { value, queue }) => {
    const options = { queue: String(queue) };
    return (await context.sendTask({ name: 'interop.echo', args: [value], options })).taskId;
  },
);

// Node has zstd from 22.15 on.
const codecs = (['zlib', 'brotli', 'zstd'] as const).filter(
  (codec) => codec !== 'zstd' || 'zstdCompressSync' in zlib,
);

describe.each(codecs)('bodies compressed with %s', (compression) => {
  const cleanup = new Cleanup();
  let session: DirectSession;
  let app: PythonApp;

  beforeAll(async () => {
    session = await DirectSession.open(`compressed-${compression}`, {
      CELERY_TASK_COMPRESSION: compression,
      CELERY_TASK_COMPRESSION_MIN_BYTES: String(MIN_BYTES),
    });
    cleanup.does(() => session.close());
    app = { brokerUrl: session.vhost.url };
    const worker = createWorker({
      broker: session.vhost.url,
      queues: ['typescript'],
      tasks: [echo, relay],
      compression,
      compressionMinBytes: MIN_BYTES,
      mingle: false,
    });
    cleanup.does(() => worker.stop());
    await Promise.all([
      worker.start(),
      cleanup.stops(startPythonWorker({ ...app, queues: ['python'], extraArgs: ['--without-mingle'] })),
    ]);
  }, WAIT_MS);

  afterAll(() => cleanup.run());

  const submit = (task: string, queue: string, args: readonly unknown[]) =>
    session.post('tasks/submit', { task_name: task, args, queue });

  const resultOf = async (task: string, queue: string, args: readonly unknown[]): Promise<unknown> => {
    const { body } = await submit(task, queue, args);
    return (await session.get(`tasks/${body.task_id}?wait=30`)).body.result;
  };

  /** The next message of a queue nobody consumes, as it is on the wire. */
  async function onTheWire(
    queue: string,
  ): Promise<{ readonly headers: HeaderTable; readonly bytes: number }> {
    await session.awaits(queue, 1);
    const channel = await (await session.connect()).openChannel();
    const message = await channel.get(queue, { noAck: true });
    await channel.close();
    if (message === false) throw new Error(`${queue} is empty`);
    return { headers: message.properties.headers ?? {}, bytes: message.content.length };
  }

  test('go from the gateway to both kinds of worker, and only those above the threshold are compressed', async () => {
    for (const queue of ['python', 'typescript'])
      for (const value of [BIG, SMALL]) expect(await resultOf('interop.echo', queue, [value])).toBe(value);
    await session.declare('wire');
    await submit('interop.echo', 'wire', [BIG]);
    const big = await onTheWire('wire');
    expect(big.headers.compression).toBe(MIMES[compression]);
    expect(big.bytes).toBeLessThan(BIG.length / 10);
    await submit('interop.echo', 'wire', [SMALL]);
    expect((await onTheWire('wire')).headers.compression).toBeUndefined();
  });

  test('go from Python to the TypeScript worker', async () => {
    const source = `
value = ${JSON.stringify(BIG)}
result = app.send_task('interop.echo', (value,), queue='typescript', compression='${compression}')
answer(result.get(timeout=30) == value)
`;
    expect(await runPython(app, source)).toBe(true);
  });

  test("go from the TypeScript worker's tasks to Python, above the worker's own threshold", async () => {
    const id = await resultOf('interop.relay', 'typescript', [BIG, 'python']);
    // Nobody waits for its result, so its end is known by the events.
    await until(async () => (await session.get(`tasks/${String(id)}`)).body.status === 'SUCCESS', {
      timeoutMs: WAIT_MS,
      what: 'the end of the relayed task',
    });
    await session.declare('relayed');
    await resultOf('interop.relay', 'typescript', [BIG, 'relayed']);
    expect((await onTheWire('relayed')).headers.compression).toBe(MIMES[compression]);
    await resultOf('interop.relay', 'typescript', [SMALL, 'relayed']);
    expect((await onTheWire('relayed')).headers.compression).toBeUndefined();
  });
});
