import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Delivery } from '../../../amqp';
import { defineTask, PythonError } from '../../../workers';
import { until, WorkerBench } from './worker-bench';

type Fields = Readonly<Record<string, unknown>>;
interface RecordedEvent {
  readonly exchange: string;
  readonly routing_key: string;
  readonly properties: Fields;
  readonly headers: Fields;
  readonly body: Fields | readonly Fields[];
}

const RECORDED = Object.values(
  JSON.parse(readFileSync(join(__dirname, '../../fixtures/wire/5.7.0/events.json'), 'utf8')) as Readonly<
    Record<string, RecordedEvent>
  >,
);

const eventsIn = ({ body }: RecordedEvent): readonly Fields[] =>
  Array.isArray(body) ? (body as readonly Fields[]) : [body as Fields];

/** Key sets and value types, keys in no order. */
const form = (event: Fields): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(event)
      .map(([key, value]) => [key, value === null ? 'null' : typeof value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** The recorded events of the task with this id, or of the worker. */
const recorded = (id: string): readonly Fields[] =>
  RECORDED.flatMap(eventsIn).filter((event) => event.uuid === id);

const tasks = [
  defineTask('e.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
  defineTask('e.fail', { params: [] }, () => {
    throw new PythonError('ValueError', 'builtins', ['bad', 1]);
  }),
  defineTask('e.retry', { params: ['x'] }, (context) =>
    context.retry({ countdownSeconds: 600, cause: new PythonError('KeyError', 'builtins', ['again']) }),
  ),
  defineTask('e.silent', { params: [], sendEvents: false }, () => null),
  defineTask('e.late', { params: [], acksLate: true }, (context) => context.sleep(60_000)),
];

describe('events of a TypeScript worker beside the recorded ones of Python', () => {
  let bench: WorkerBench;
  const messages: Delivery[] = [];

  beforeAll(async () => {
    bench = await WorkerBench.open('events');
    await bench.topology.declareQueue({ name: 'raw-events' });
    await bench.topology.bindQueue({ queue: 'raw-events', exchange: 'celeryev', routingKey: '#' });
    await bench.consume('raw-events', (delivery) => messages.push(delivery));
  });
  afterAll(() => bench.close());

  const forms = (id: string) => bench.events.filter(({ uuid }) => uuid === id).map(form);

  test.each([
    ['e.add', [2, 3], 'success-task', 'task-succeeded'],
    ['e.fail', [], 'failure-task', 'task-failed'],
    ['e.retry', [1], 'retry-task', 'task-retried'],
  ])('%s sends the types, keys and value types of %s', async (name, args, example, last) => {
    await bench.startWorker(tasks, { queues: [name] });
    const id = await bench.submit(name, args, { queue: name });
    await bench.event(id, last);
    const sent = bench.events.filter(({ uuid }) => uuid === id);
    for (const expected of recorded(example)) {
      // A retry may be received again before task-retried is out, as in Python.
      const ours = sent.find(({ type }) => type === expected.type);
      expect([expected.type, form(ours ?? {})]).toEqual([expected.type, form(expected)]);
    }
  });

  test('a revoked task sends task-revoked alone', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['revoked'] });
    const id = await bench.submit('e.add', [1, 1], {
      queue: 'revoked',
      expires: new Date(Date.now() - 1000),
    });
    await bench.event(id, 'task-revoked');
    expect(forms(id)).toEqual(recorded('revoked-task').map(form));
    await worker.stop();
  });

  test('heartbeats have the form of Python, and messages its envelope', async () => {
    await bench.startWorker(tasks, { queues: ['beats'] });
    const beat = await until('a heartbeat', () =>
      bench.events.find(({ type }) => type === 'worker-heartbeat'),
    );
    const [example] = RECORDED.filter(({ routing_key: key }) => key === 'worker.heartbeat').flatMap(eventsIn);
    expect(form(beat)).toEqual(form(example ?? {}));

    for (const recordedMessage of RECORDED) {
      const { routing_key: key, headers, properties } = recordedMessage;
      const ours = messages.find(({ routingKey }) => routingKey === key);
      expect(Object.keys(ours?.headers ?? {})).toEqual(Object.keys(headers));
      expect(ours?.properties).toMatchObject({
        contentType: properties.content_type,
        contentEncoding: properties.content_encoding,
        deliveryMode: properties.delivery_mode,
        priority: properties.priority,
      });
    }
  });

  test('task events of one turn share a message of at most 24, each with a later clock', async () => {
    await bench.startWorker(tasks, { queues: ['batch'], concurrency: 100 });
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, n) => bench.submit('e.add', [n, 1], { queue: 'batch' })),
    );
    await Promise.all(ids.map((id) => bench.event(id, 'task-succeeded')));

    const sizes = messages
      .filter(({ routingKey }) => routingKey === 'task.multi')
      .map(({ content }) => (JSON.parse(content.toString()) as unknown[]).length);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(24);
    for (const id of ids) {
      const clocks = bench.events.filter(({ uuid }) => uuid === id).map(({ clock }) => clock);
      expect(clocks).toHaveLength(3);
      expect([...clocks].sort((a, b) => a - b)).toEqual(clocks);
      expect(new Set(clocks).size).toBe(3);
    }
  });

  test('a task without events runs and sends none', async () => {
    await bench.startWorker(tasks, { queues: ['silent'] });
    const id = await bench.submit('e.silent', [], { queue: 'silent' });
    await bench.result(id, 'SUCCESS');
    const after = await bench.submit('e.add', [1, 2], { queue: 'silent' });
    await bench.event(after, 'task-succeeded');
    expect(bench.eventsOf(id)).toEqual([]);
  });

  test('without -E task events wait until a monitor asks', async () => {
    await bench.startWorker(tasks, { queues: ['asleep'], taskEvents: false });
    const id = await bench.submit('e.add', [1, 2], { queue: 'asleep' });
    await bench.result(id, 'SUCCESS');
    expect(bench.eventsOf(id)).toEqual([]);
  });

  test('a cold stop says which late-acknowledged tasks it gives up, and that the worker goes', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['cold'] });
    const id = await bench.submit('e.late', [], { queue: 'cold' });
    await bench.event(id, 'task-started');
    await worker.kill();
    await bench.event(id, 'task-cancelled');
    expect(bench.metasOf(id)).toEqual([]);
    await until('worker-offline', () =>
      bench.events.find(({ type, hostname }) => type === 'worker-offline' && hostname === worker.nodename),
    );
  });
});
