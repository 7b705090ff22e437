import { deflateSync, gzipSync } from 'node:zlib';
import type { HeaderTable } from '../../../../amqp';
import { type IncomingMessage, peekTaskName, readTaskMessage } from '../../../../celery/protocol';

const BODY = '[[1],{},{}]';
const incoming = (
  parts: { headers?: unknown; content?: string | Buffer; contentType?: string | undefined } = {},
): IncomingMessage => ({
  headers: (parts.headers ?? { task: 'tasks.add', id: 'a' }) as HeaderTable,
  properties: { contentType: 'contentType' in parts ? parts.contentType : 'application/json', replyTo: '' },
  content: Buffer.from(parts.content ?? BODY),
  exchange: '',
  routingKey: 'celery',
  redelivered: false,
});
const withHeader = (name: string, value: unknown): IncomingMessage =>
  incoming({ headers: { task: 'tasks.add', id: 'a', [name]: value } });

const MALFORMED: ReadonlyArray<readonly [string, string, IncomingMessage]> = [
  ['an empty body', 'decode_failed', incoming({ content: '' })],
  ['no JSON', 'decode_failed', incoming({ content: '{not json' })],
  ['bad UTF-8', 'decode_failed', incoming({ content: Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]) })],
  ['a 5,000-digit integer', 'decode_failed', incoming({ content: `[[${'9'.repeat(5000)}],{},{}]` })],
  ['200,000 levels', 'content_too_deep', incoming({ content: '['.repeat(200_000) + ']'.repeat(200_000) })],
  ['an unknown envelope', 'decode_failed', incoming({ content: '[[{"__type__":"x","__value__":1}],{},{}]' })],
  ['no content type', 'content_type_missing', incoming({ contentType: undefined })],
  [
    'a charset in the content type',
    'content_type_refused',
    incoming({ contentType: 'application/json; charset=utf-8' }),
  ],
  ['pickle', 'content_type_refused', incoming({ contentType: 'application/x-python-serialize' })],
  [
    'msgpack that is not accepted',
    'content_type_refused',
    incoming({ contentType: 'application/x-msgpack' }),
  ],
  ['a body of two', 'body_invalid', incoming({ content: '[[1],{}]' })],
  ['a body of four', 'body_invalid', incoming({ content: '[[1],{},{},1]' })],
  ['a null body', 'body_invalid', incoming({ content: 'null' })],
  ['an object without args', 'body_invalid', incoming({ content: '{"a":1}' })],
  ['no task anywhere', 'task_missing', incoming({ headers: {}, content: '{"id":"a","args":[]}' })],
  ['no id', 'id_missing', incoming({ headers: { task: 'tasks.add' } })],
  ['an id that is a table', 'id_invalid', withHeader('id', {})],
  ['a task that is a table', 'task_invalid', withHeader('task', {})],
  ['args that are text', 'args_invalid', incoming({ content: '["abc",{},{}]' })],
  ['kwargs that are a list', 'kwargs_invalid', incoming({ content: '[[],[1],{}]' })],
  ['an embed that is text', 'embed_invalid', incoming({ content: '[[],{},"x"]' })],
  ['callbacks that are text', 'embed_invalid', incoming({ content: '[[],{},{"callbacks":"x"}]' })],
  ['a chord that is a number', 'embed_invalid', incoming({ content: '[[],{},{"chord":1}]' })],
  ['an eta that is a number', 'eta_invalid', withHeader('eta', 12)],
  ['an eta that is junk', 'eta_invalid', withHeader('eta', 'tomorrow')],
  ['an expires of no such day', 'expires_invalid', withHeader('expires', '2030-02-30T00:00:00')],
  ['a time limit that is text', 'timelimit_invalid', withHeader('timelimit', '[1, 2]')],
  ['a negative time limit', 'timelimit_invalid', withHeader('timelimit', [-1, null])],
  ['retries that are text', 'header_invalid', withHeader('retries', 'many')],
  ['an unknown compression', 'compression_unsupported', withHeader('compression', 'application/x-bz2')],
  ['a body that is not compressed', 'decompress_failed', withHeader('compression', 'application/x-gzip')],
];

describe('readTaskMessage, given what is no task,', () => {
  test.each(MALFORMED)('%s: rejects it as %s', (_name, reason, message) => {
    expect(readTaskMessage(message)).toMatchObject({ kind: 'malformed', reason, settle: 'reject' });
  });

  test('a real gzip body is refused, the zlib stream Celery calls gzip is read', () => {
    const headers = { task: 'tasks.add', id: 'a', compression: 'application/x-gzip' };
    expect(readTaskMessage(incoming({ headers, content: gzipSync(BODY) }))).toMatchObject({
      reason: 'decompress_failed',
    });
    expect(readTaskMessage(incoming({ headers, content: deflateSync(BODY) }))).toMatchObject({
      kind: 'task',
    });
  });

  test('a decompression bomb stops at the limit', () => {
    const message = incoming({
      headers: { task: 'tasks.add', id: 'a', compression: 'application/x-gzip' },
      content: deflateSync(Buffer.alloc(1_000_000, 0x20)),
    });
    expect(readTaskMessage(message, { maxContentBytes: 10_000 })).toMatchObject({
      reason: 'content_too_large',
    });
  });

  test('names the task and its id where it can', () => {
    expect(readTaskMessage(incoming({ content: '{' }))).toMatchObject({ taskId: 'a', task: 'tasks.add' });
  });
});

describe('readTaskMessage, given a task,', () => {
  test('needs only task and id; the rest has defaults', () => {
    expect(readTaskMessage(incoming())).toMatchObject({
      kind: 'task',
      request: {
        id: 'a',
        task: 'tasks.add',
        args: [1],
        retries: 0,
        eta: null,
        replyTo: null,
        correlationId: 'a',
      },
    });
  });

  test.each([
    ['2030-01-02T03:04:05', 0],
    ['2030-01-02T03:04:05.678Z', 678],
    ['2030-01-02T03:04:05.678901+00:00', 678],
    ['2030-01-02T05:04:05+02:00', 0],
    ['20300102T030405Z', 0],
  ])('eta %s is that moment in UTC', (eta, millis) => {
    const request = { eta: Date.UTC(2030, 0, 2, 3, 4, 5, millis) };
    expect(readTaskMessage(withHeader('eta', eta))).toMatchObject({ kind: 'task', request });
  });

  test('the hybrid form takes fields of the body, headers winning', () => {
    const content = '{"task":"x","id":"b","args":[1],"kwargs":{},"retries":2,"callbacks":[{"task":"t"}]}';
    expect(readTaskMessage(incoming({ content }))).toMatchObject({
      kind: 'task',
      request: { id: 'a', task: 'tasks.add', retries: 2, embed: { callbacks: [{ task: 't', args: [] }] } },
    });
  });

  test('v1 without args or kwargs is read, and taskset is the group', () => {
    const message = incoming({ headers: {}, content: '{"task":"t","id":"b","taskset":"g","group":null}' });
    expect(readTaskMessage(message)).toMatchObject({
      kind: 'task',
      request: { protocol: 1, id: 'b', args: [], kwargs: {}, group: 'g', argsrepr: '()' },
    });
    expect(peekTaskName(message)).toBeUndefined();
  });

  test('NaN, infinities and big integers arrive as they were sent', () => {
    const content =
      '[[NaN,-Infinity,123456789012345678901,{"__type__":"decimal","__value__":"1.10"}],{},null]';
    expect(readTaskMessage(incoming({ content }))).toMatchObject({
      request: { args: [Number.NaN, Number.NEGATIVE_INFINITY, 123456789012345678901n, '1.10'] },
    });
  });
});
