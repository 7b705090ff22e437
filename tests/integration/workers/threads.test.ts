import { createLogger } from '../../../runtime';
import type { CeleryWorker } from '../../../workers/celery-worker';
import { threadsWorker } from './threads-worker';
import { until, WorkerBench } from './worker-bench';

describe('tasks in threads, over a real broker', () => {
  let bench: WorkerBench;
  let worker: CeleryWorker;
  const plain: string[] = [];
  const log: string[] = [];

  beforeAll(async () => {
    bench = await WorkerBench.open('threads');
    await bench.topology.declareQueue({ name: 'plain' });
    await bench.consume('plain', (delivery) => plain.push(delivery.content.toString()));
    const logger = createLogger({
      level: 'info',
      format: 'json',
      service: 'worker',
      stream: new (await import('node:stream')).Writable({
        write: (chunk: Buffer, _encoding, done) => {
          log.push(chunk.toString());
          done();
        },
      }),
    });
    worker = threadsWorker(bench.vhost.url, 'q', { defaultQueue: 'q' }, logger);
    await worker.start();
  });
  afterAll(async () => {
    await worker.stop();
    await bench.close();
  });

  const submit = (name: string, args: readonly unknown[] = [], options = {}): Promise<string> =>
    bench.submit(`threads.${name}`, args, { queue: 'q', ...options });
  const success = async (name: string, args: readonly unknown[] = []): Promise<unknown> =>
    (await bench.result(await submit(name, args), 'SUCCESS')).result;
  const failure = async (name: string, args: readonly unknown[] = [], options = {}) =>
    bench.result(await submit(name, args, options), 'FAILURE');

  test('a result comes back, with Celery events in their order', async () => {
    const id = await submit('add', [40, 2]);
    expect((await bench.result(id, 'SUCCESS')).result).toBe(42);
    await bench.event(id, 'task-succeeded');
    expect(bench.eventsOf(id)).toEqual(['task-received', 'task-started', 'task-succeeded']);
  });

  test('tasks that burn the processor at the same time run in different threads, not in the main one', async () => {
    const ids = await Promise.all([submit('burn', [400]), submit('burn', [400])]);
    const [first, second] = await Promise.all(ids.map((id) => bench.result(id, 'SUCCESS')));
    expect(first?.result).not.toBe(second?.result);
    expect([first?.result, second?.result]).not.toContain(0);
  });

  test('values cross as the event loop would have written them', async () => {
    const given = [1.5, 'ü', null, { __proto__x: [true] }, '2020-01-01T00:00:00'];
    expect(await success('values', [given])).toEqual({
      given,
      big: 2n ** 70n,
      bytes: Buffer.from('bytes').toString('base64'),
      date: '1970-01-01T00:00:00.000Z',
      money: '1.50 EUR',
    });
  });

  test('a result that cannot be written fails the task as an EncodeError', async () => {
    expect((await failure('cyclic')).result).toMatchObject({
      exc_type: 'EncodeError',
      exc_module: 'kombu.exceptions',
    });
  });

  test.each<[string, unknown]>([
    ['python', { exc_type: 'OrderError', exc_module: 'shop.errors', exc_message: ['sold out', 42] }],
    ['own', { exc_type: 'Refusal', exc_module: 'javascript', exc_message: ['no'] }],
    ['caused', { exc_type: 'TypeError', exc_module: 'builtins', exc_message: ['outer'] }],
    ['just text', { exc_type: 'Exception', exc_module: 'builtins', exc_message: ['just text'] }],
  ])('an error keeps its Python identity and arguments: %s', async (how, result) => {
    expect((await failure('fail', [how])).result).toEqual(result);
  });

  test('the traceback names the line of the task and the cause', async () => {
    const { traceback } = await failure('fail', ['caused']);
    expect(traceback).toMatch(/thread-tasks\.js", line \d+/);
    expect(traceback).toContain('ValueError: inner');
    expect(traceback?.trimEnd()).toMatch(/TypeError: outer$/);
  });

  test('a call that does not fit fails with the TypeError of Python', async () => {
    expect((await failure('add', [1])).result).toEqual({
      exc_type: 'TypeError',
      exc_module: 'builtins',
      exc_message: ["add() missing 1 required positional argument: 'y'"],
    });
  });

  test('retry() goes out from the main thread, with its cause stored', async () => {
    const id = await submit('retries');
    expect((await bench.result(id, 'SUCCESS')).result).toBe(2);
    expect(await bench.statesWithRetries(id, 3)).toEqual(['RETRY', 'RETRY', 'SUCCESS']);
    const retried = bench.metasOf(id).find(({ status }) => status === 'RETRY');
    expect(retried?.result).toMatchObject({ exc_type: 'ValueError', exc_message: ['not yet'] });
  });

  test('autoretryFor knows the classes of the thread', async () => {
    expect(await success('flaky')).toBe('second');
  });

  test('state, child, message and log of a running task are done by the main thread', async () => {
    const id = await submit('busy', [], { priority: 3 });
    const { result, children } = await bench.result(id, 'SUCCESS');
    const { child } = result as { child: string };
    expect(result).toEqual({
      child,
      missing: 'EXCHANGE_NOT_FOUND',
      hostname: worker.nodename,
      priority: 3,
    });
    expect(children).toEqual([[[child, null], null]]);
    expect(bench.metasOf(id).map(({ status, result: state }) => [status, state])[0]).toEqual([
      'PROGRESS',
      { done: 1, of: 2 },
    ]);
    await until('the message', () => plain.includes(JSON.stringify({ hello: id })));
    const received = await bench.event(child, 'task-received');
    expect(received).toMatchObject({ root_id: id, parent_id: id });
    const line = await until('the log line', () => log.find((text) => text.includes('from the thread')));
    expect(JSON.parse(line)).toMatchObject({ taskId: id, task: 'threads.busy', step: 1 });
  });

  test('what a task sent without awaiting it is sent and counted as its child', async () => {
    const id = await submit('careless');
    const { children } = await bench.result(id, 'SUCCESS');
    expect(children).toEqual([[[`${id}-child`, null], null]]);
    await bench.event(`${id}-child`, 'task-received');
  });

  test('Reject and Ignore end a task as on the event loop', async () => {
    expect((await failure('end', ['reject'])).result).toMatchObject({ exc_type: 'Reject' });
    const ignored = await submit('end', ['ignore']);
    await bench.event(ignored, 'task-started');
    await success('add', [1, 1]);
    expect(bench.metasOf(ignored)).toEqual([]);
  });

  test('STARTED is stored before the thread runs it', async () => {
    const id = await submit('tracked');
    await bench.result(id, 'SUCCESS');
    expect(bench.metasOf(id).map(({ status }) => status)).toEqual(['STARTED', 'SUCCESS']);
  });
});
