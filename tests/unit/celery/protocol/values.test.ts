import {
  anonNodename,
  CELERY_EXCHANGES,
  type ControlRequest,
  celeryQueue,
  completeTaskMessage,
  controlReplyQueue,
  decodeTaskMeta,
  defaultNodename,
  eventQueue,
  expandNodename,
  formatIsoTime,
  isAddressedTo,
  LamportClock,
  mailboxQueue,
  mergeSignature,
  parseIsoTime,
  readControlReply,
  readControlRequest,
  readEvents,
  signature,
  statePrecedence,
  utcOffsetHours,
} from '../../../../celery/protocol';

describe('LamportClock', () => {
  test('goes forward when sending and past the other when receiving', () => {
    const clock = new LamportClock();
    expect([clock.forward(), clock.adjust(10), clock.adjust(3), clock.forward()]).toEqual([1, 11, 12, 13]);
  });

  test('ignores values no clock has', () => {
    const clock = new LamportClock(5);
    expect([clock.adjust(Number.NaN), clock.adjust(1e300), clock.value]).toEqual([6, 7, 7]);
  });
});

describe('mergeSignature', () => {
  const sig = signature('t', { args: [2], kwargs: { a: 1 }, options: { queue: 'q', group_id: 'g' } });

  test('puts the result first; the caller’s kwargs and options win', () => {
    const merged = mergeSignature(sig, [1], { a: 2 }, { queue: 'other', priority: 3 });
    expect(merged).toMatchObject({
      args: [1, 2],
      kwargs: { a: 2 },
      options: { queue: 'other', priority: 3 },
    });
    expect(sig.args).toEqual([2]);
  });

  test('leaves arguments alone when immutable', () => {
    expect(mergeSignature({ ...sig, immutable: true }, [1], { a: 2 })).toMatchObject({
      args: [2],
      kwargs: { a: 1 },
    });
  });

  test('keeps the group and the stamps it has', () => {
    const stamped = signature('t', { options: { group_id: 'g', stamped_headers: ['s'], s: 1 } });
    const merged = mergeSignature(stamped, [], {}, { group_id: 'x', stamped_headers: ['y'], s: 2, y: 3 });
    expect(merged.options).toEqual({ group_id: 'g', stamped_headers: ['s'], s: 1, y: 3 });
  });
});

describe('ISO times', () => {
  test('are written as Python writes them', () => {
    expect(formatIsoTime(Date.UTC(2030, 0, 2, 3, 4, 5, 678))).toBe('2030-01-02T03:04:05.678000+00:00');
    expect(formatIsoTime(Date.UTC(2030, 0, 2))).toBe('2030-01-02T00:00:00+00:00');
  });

  test.each([
    '',
    'x',
    '2030-13-01',
    '2030-02-30',
    '2030-01-01T24:01',
    '2030-01-01T00:00:00+1',
    '12',
    '2030-01-01T00:60',
  ])('%p is none', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });

  test('offsets count, a date alone is its midnight', () => {
    expect(parseIsoTime('2030-01-02T03:04:05-0530')).toBe(Date.UTC(2030, 0, 2, 8, 34, 5));
    expect(parseIsoTime('2030-01-02')).toBe(Date.UTC(2030, 0, 2));
  });
});

test('expires in the past makes an expiration of 0, far ahead one that RabbitMQ takes', () => {
  const expirationOf = (expires: number): string | undefined =>
    completeTaskMessage(
      { headers: {}, properties: {}, body: [] },
      { id: 'a', name: 't', args: [], kwargs: {} },
      { expires },
      { now: 1e12, origin: 'gen1@h', replyTo: '' },
    ).properties.expiration;
  expect([expirationOf(-5), expirationOf(0.0015), expirationOf(1e8)]).toEqual(['0', '1', '4294967295']);
});

describe('node names', () => {
  test('are completed and expanded', () => {
    expect(defaultNodename('', 'h.example')).toBe('celery@h.example');
    expect(defaultNodename('w1@', 'h')).toBe('w1@h');
    expect(anonNodename(7, 'h')).toBe('gen7@h');
    expect(expandNodename('%n@%h %d %i%I %% %p', 'w@h.example')).toBe('w@h.example example 0 % w@h.example');
    expect(() => expandNodename('%x', 'w@h')).toThrow(RangeError);
  });
});

describe('isAddressedTo', () => {
  const request = (parts: Partial<ControlRequest>): ControlRequest => ({
    method: 'ping',
    arguments: {},
    destination: null,
    pattern: null,
    matcher: null,
    ...parts,
  });

  test.each([
    [{}, true],
    [{ destination: [] }, true],
    [{ destination: ['w@h'] }, true],
    [{ destination: ['x@h'] }, false],
    [{ pattern: 'w@*', matcher: 'glob' }, true],
    [{ pattern: '[!a-v]@?', matcher: 'glob' }, true],
    [{ pattern: 'w.h', matcher: 'glob' }, false],
    [{ pattern: '.*', matcher: 'pcre' }, false],
  ])('%p → %p', (parts, expected) => {
    expect(isAddressedTo(request(parts), 'w@h')).toBe(expected);
  });
});

describe('topology', () => {
  test('a task queue is durable, without arguments, bound by its own name', () => {
    expect(celeryQueue('q')).toEqual({
      exchange: { name: 'q', type: 'direct', durable: true, autoDelete: false },
      queue: { name: 'q', durable: true, exclusive: false, autoDelete: false },
      binding: { queue: 'q', exchange: 'q', routingKey: 'q' },
    });
  });

  test('transient queues are exclusive and named as Celery names them', () => {
    expect(mailboxQueue('w@h').queue).toMatchObject({
      name: 'w@h.celery.pidbox',
      exclusive: true,
      durable: false,
    });
    expect(controlReplyQueue('oid').binding).toEqual({
      queue: 'oid.reply.celery.pidbox',
      exchange: 'reply.celery.pidbox',
      routingKey: 'oid',
    });
    expect(eventQueue('1', 'worker.#').binding).toMatchObject({
      queue: 'celeryev.1',
      routingKey: 'worker.#',
    });
    expect(CELERY_EXCHANGES.events).toMatchObject({ name: 'celeryev', type: 'topic', durable: true });
  });
});

test('states outrank each other as in Celery, custom ones between', () => {
  const order = [
    'SUCCESS',
    'FAILURE',
    'PROGRESS',
    'REVOKED',
    'STARTED',
    'RECEIVED',
    'REJECTED',
    'RETRY',
    'PENDING',
  ];
  expect([...order].reverse().sort((a, b) => statePrecedence(a) - statePrecedence(b))).toEqual(order);
});

test('the UTC offset is whole hours west, rounded down', () => {
  expect([300, 0, -330, -60].map(utcOffsetHours)).toEqual([5, 0, -6, -1]);
});

test('foreign results, events and control messages that are none are told apart, not thrown on', () => {
  const json = 'application/json';
  for (const junk of ['', '[', 'null', '5', '"x"', '{}', '[{}]', '{"method":5}']) {
    const content = Buffer.from(junk);
    expect(readEvents(content, json)).toEqual([]);
    expect(readControlRequest(content, json)).toBeNull();
    expect(() => decodeTaskMeta(content, json)).toThrow();
  }
  expect(readControlReply(Buffer.from('[1]'), json)).toEqual([]);
});
