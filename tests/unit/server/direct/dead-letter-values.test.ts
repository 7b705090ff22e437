import type { PeekedMessage } from '../../../../amqp';
import { DEAD_LETTER_HEADERS } from '../../../../celery/protocol';
import { lineOf, requestOf } from '../../../../server/dead-letters/line';
import { deadLetterMark } from '../../../../server/queue-contents';
import { messageTest } from '../../../../server/queue-contents/message-filter';

const message = (fields: Partial<PeekedMessage> = {}): PeekedMessage => ({
  content: Buffer.from('[[1],{},null]'),
  properties: { contentType: 'application/json', correlationId: 't1' },
  headers: { task: 'reports.make', id: 't1' },
  exchange: '',
  routingKey: 'reports',
  redelivered: false,
  ...fields,
});

const DEATH = {
  queue: 'reports',
  reason: 'expired',
  count: 2,
  exchange: 'x',
  'routing-keys': ['a', 'b'],
  time: new Date(1_700_000_000_000),
  'original-expiration': '5000',
};

describe('the mark of a dead letter', () => {
  test('is read from x-death, the latest first', () => {
    const headers = {
      'x-death': [DEATH, { ...DEATH, queue: 'before' }],
      'x-first-death-queue': 'before',
      'x-replay-count': 3,
    };
    expect(deadLetterMark(headers)).toEqual({
      reason: 'expired',
      detail: null,
      queue: 'reports',
      exchange: 'x',
      routingKeys: ['a', 'b'],
      count: 2,
      at: 1_700_000_000_000,
      firstQueue: 'before',
      firstReason: null,
      originalExpirationMs: 5000,
      replayCount: 3,
    });
  });

  test("our worker's own reason wins over what befell the letter later", () => {
    const own = {
      [DEAD_LETTER_HEADERS.reason]: 'task_failed',
      [DEAD_LETTER_HEADERS.detail]: 'TypeError: x',
      [DEAD_LETTER_HEADERS.queue]: 'orders',
      [DEAD_LETTER_HEADERS.at]: 1_700_000_000,
    };
    const mark = deadLetterMark({ ...own, 'x-death': [DEATH] });
    expect(mark).toMatchObject({ reason: 'task_failed', queue: 'orders', at: 1_700_000_000_000 });
  });

  test.each([
    [{}],
    [{ 'x-death': [] }],
    [{ 'x-death': 'nonsense' }],
    [{ 'x-death': ['nonsense'] }],
    [{ [DEAD_LETTER_HEADERS.reason]: 5 }],
  ])('is none for %j', (headers) => {
    expect(deadLetterMark(headers)).toBeUndefined();
  });

  test('hostile values in it are passed over', () => {
    const hostile = { queue: 5, reason: null, count: -1, 'routing-keys': [1, 'ok'], time: 'now' };
    expect(deadLetterMark({ 'x-death': [hostile], 'x-replay-count': 'many' })).toMatchObject({
      reason: 'unknown',
      queue: null,
      count: 1,
      routingKeys: ['ok'],
      at: null,
      replayCount: 0,
    });
  });
});

describe('a filter', () => {
  const now = 1_700_000_100_000;
  const submittedAt = (id: string): number | undefined => (id === 't1' ? now - 60_000 : undefined);
  const chooses = (filter: Parameters<typeof messageTest>[0], fields: Partial<PeekedMessage> = {}): boolean =>
    messageTest(filter, { now, submittedAt })(message(fields));

  test.each([
    [{ ids: ['t1'] }, true],
    [{ ids: ['t2'] }, false],
    [{ task: 'reports.*' }, true],
    [{ task: 'report' }, false],
    [{ routingKey: 'reports' }, true],
    [{ headers: { id: 't1' } }, true],
    [{ headers: { absent: null } }, true],
    [{ headers: { absent: 1 } }, false],
    [{ contains: '[1]' }, true],
    [{ contains: '[2]' }, false],
    [{ olderThanSeconds: 59 }, true],
    [{ olderThanSeconds: 61 }, false],
    [{ reason: 'expired' }, false],
    [{ task: 'reports.*', contains: '[2]' }, false],
    [{}, true],
  ])('%j chooses: %s', (filter, chosen) => {
    expect(chooses(filter)).toBe(chosen);
  });

  test('a message whose age is not known is never older', () => {
    const unknown = { headers: { id: 'other' }, properties: {} };
    expect(chooses({ olderThanSeconds: 0 }, unknown)).toBe(false);
    expect(chooses({ olderThanSeconds: 99 }, { ...unknown, headers: { 'x-death': [DEATH] } })).toBe(true);
    expect(chooses({ originQueue: 'reports' }, { headers: { 'x-death': [DEATH] } })).toBe(true);
  });
});

test('an exported line brings back every byte and every type, and no routes of its own', () => {
  const original = message({
    content: Buffer.from([0, 1, 255]),
    properties: { messageId: 'm', priority: 3, timestamp: 5, deliveryMode: 2, expiration: '7', type: 'x' },
    headers: {
      bytes: Buffer.from([1, 2]),
      date: new Date(1_700_000_000_000),
      big: 2n ** 60n,
      large: 2 ** 60,
      nested: { list: [1, null, 'ü', { deep: true }] },
      CC: ['elsewhere'],
      'x-death': [DEATH],
    },
  });
  const { headers, content, properties, ...place } = requestOf(
    'dead',
    JSON.parse(JSON.stringify(lineOf(original))),
  ) as never as {
    headers: never;
    content: Buffer;
    properties: Record<string, unknown>;
  };
  expect(place).toEqual({ exchange: '', routingKey: 'dead', trustedHeaders: true });
  expect(headers).toBeUndefined();
  expect(content).toEqual(Buffer.from([0, 1, 255]));
  const { CC: _routes, ...kept } = original.headers;
  expect(properties).toMatchObject({
    messageId: 'm',
    priority: 3,
    timestamp: 5,
    deliveryMode: 2,
    expiration: '7',
  });
  expect(properties.headers).toEqual({ ...kept, large: 2n ** 60n });
});
