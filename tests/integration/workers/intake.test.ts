import { deflateSync, gzipSync } from 'node:zlib';
import type { MessageProperties } from '../../../amqp';
import { defineTask } from '../../../workers';
import { until, WorkerBench } from './worker-bench';

/** Handlers of `t.sleep` at work, now and at most: a slot is free before its task's result is stored. */
let running = 0;
let most = 0;

const tasks = [
  defineTask('t.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
  defineTask('t.sleep', { params: ['ms'], acksLate: true }, async (context, { ms }) => {
    running += 1;
    most = Math.max(most, running);
    await context.sleep(Number(ms));
    running -= 1;
    return 'slept';
  }),
];

const BODY = '[[2,3],{},{"callbacks":null,"errbacks":null,"chain":null,"chord":null}]';

interface Shape {
  readonly content?: string | Buffer;
  readonly headers?: MessageProperties['headers'];
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string;
}

/** Each shape of message of contract 4.3 that is no task; a Python worker drops, rejects or dies of them. */
const MALFORMED: readonly (readonly [string, Shape])[] = [
  ['no task anywhere', { headers: { id: 'a' } }],
  ['no id', { headers: { task: 't.add' } }],
  ['an id that is no text', { headers: { task: 't.add', id: 5 } }],
  ['a body of two elements', { content: '[[2,3],{}]' }],
  ['a body that is no JSON', { content: '{[' }],
  ['an empty body', { content: '' }],
  ['args that are a text', { content: '["ab",{},{}]' }],
  ['kwargs that are a list', { content: '[[1,2],[],{}]' }],
  ['an eta that is a number', { headers: { task: 't.add', id: 'a', eta: 5 } }],
  ['an eta that is junk', { headers: { task: 't.add', id: 'a', eta: 'soon' } }],
  ['expires that is junk', { headers: { task: 't.add', id: 'a', expires: 'never' } }],
  ['a time limit that is a text', { headers: { task: 't.add', id: 'a', timelimit: 'abc' } }],
  ['pickle', { contentType: 'application/x-python-serialize', contentEncoding: 'binary' }],
  ['no content type', { contentType: undefined }],
  ['a content type with a charset', { contentType: 'application/json; charset=utf-8' }],
  [
    'gzip that says it is zlib',
    { content: gzipSync(BODY), headers: { task: 't.add', id: 'a', compression: 'application/x-gzip' } },
  ],
  ['an unknown compression', { headers: { task: 't.add', id: 'a', compression: 'application/x-snappy' } }],
  ['random bytes', { content: Buffer.from([0xff, 0x00, 0x9c, 0x80]) }],
];

describe('what a worker takes in, over a real broker', () => {
  let bench: WorkerBench;

  beforeAll(async () => {
    bench = await WorkerBench.open('intake');
    await bench.declareWithDeadLetters('celery');
    await bench.startWorker(tasks);
  });
  afterAll(() => bench.close());

  const publish = (shape: Shape): Promise<void> =>
    bench.publisher.publish({
      exchange: '',
      routingKey: 'celery',
      content: Buffer.from(shape.content ?? BODY),
      trustedHeaders: true,
      properties: {
        replyTo: 'replies',
        contentEncoding: shape.contentEncoding ?? 'utf-8',
        headers: shape.headers ?? { task: 't.add', id: 'a' },
        contentType: 'contentType' in shape ? shape.contentType : 'application/json',
      },
    });

  test.each(MALFORMED)(
    '%s goes to the dead-letter exchange, and the next task runs',
    async (_name, shape) => {
      const before = await bench.depth('celery.dead');
      await publish(shape);
      await until('the dead letter', async () => (await bench.depth('celery.dead')) === before + 1);
      const next = await bench.submit('t.add', [20, 22]);
      expect((await bench.result(next, 'SUCCESS')).result).toBe(42);
    },
  );

  test('a zlib body under the name of gzip is run, as kombu writes it', async () => {
    await publish({
      content: deflateSync(BODY),
      headers: { task: 't.add', id: 'zlib-1', compression: 'application/x-gzip' },
    });
    expect((await bench.result('zlib-1', 'SUCCESS')).result).toBe(5);
  });

  test('a message of protocol 1 is run', async () => {
    await publish({ content: '{"task":"t.add","id":"v1-1","args":[2],"kwargs":{"y":3}}', headers: {} });
    expect((await bench.result('v1-1', 'SUCCESS')).result).toBe(5);
  });

  test('an unknown task is rejected, and its caller gets NotRegistered', async () => {
    const before = await bench.depth('celery.dead');
    const id = await bench.submit('t.unknown');
    expect((await bench.result(id, 'FAILURE')).result).toEqual({
      exc_type: 'NotRegistered',
      exc_module: 'celery.exceptions',
      exc_message: ['t.unknown'],
    });
    const failed = await bench.event(id, 'task-failed');
    expect(failed.exception).toBe(`NotRegistered('t.unknown')`);
    expect(failed).not.toHaveProperty('traceback');
    await until('the dead letter', async () => (await bench.depth('celery.dead')) === before + 1);
  });

  test('more tasks than slots are all run, no more than two at a time', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => bench.submit('t.sleep', [50])));
    await Promise.all(ids.map((id) => bench.result(id, 'SUCCESS')));
    expect(most).toBe(2);
  });
});
