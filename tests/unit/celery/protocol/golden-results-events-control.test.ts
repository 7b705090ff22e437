import {
  buildControlReply,
  buildControlRequest,
  buildEvent,
  controlRequestHeaders,
  decodeException,
  decodeTaskMeta,
  encodeTaskMeta,
  eventRoutingKey,
  readControlReply,
  readControlRequest,
  readEvents,
  readTaskMessage,
} from '../../../../celery/protocol';
import {
  contentOf,
  incomingOf,
  loadRecording,
  newestVersion,
  type Recording,
  recordedVersions,
} from './recordings';

type Recordings = Readonly<Record<string, readonly Recording[]>>;
const JSON_TYPE = 'application/json';
const record = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;

describe.each(recordedVersions)('results of Celery %s', (version) => {
  const results = loadRecording<Recordings>(version, 'results');
  const final = (name: string): Recording => results[name]?.at(-1) as Recording;

  test.each(['success', 'failure', 'retry', 'revoked'])('%s is read whole', (name) => {
    for (const recording of results[name] ?? []) {
      const meta = decodeTaskMeta(contentOf(recording), JSON_TYPE);
      expect(meta).toMatchObject(record(recording.body));
      expect(meta.task_id).toBe(`${name}-task`);
    }
    expect(results[name]?.length).toBeGreaterThan(0);
  });

  test('a started task tells pid and node', () => {
    const started = decodeTaskMeta(contentOf(results.success?.[0] as Recording), JSON_TYPE);
    expect(started).toMatchObject({
      status: 'STARTED',
      result: { pid: 4711, hostname: 'recorder@node.example' },
    });
  });

  test('a failure keeps type, module and all arguments', () => {
    const meta = decodeTaskMeta(contentOf(final('failure')), JSON_TYPE);
    expect(decodeException(meta.result)).toEqual({
      type: 'ValueError',
      module: 'builtins',
      message: "('bad', 1)",
      args: ['bad', 1],
    });
    expect(meta.traceback).toMatch(
      /^Traceback \(most recent call last\):\n[\s\S]*\nValueError: \('bad', 1\)\n$/,
    );
  });

  test('a retry carries the error that caused it', () => {
    const meta = decodeTaskMeta(contentOf(final('retry')), JSON_TYPE);
    expect(decodeException(meta.result)).toMatchObject({ type: 'KeyError', args: ['again'] });
  });

  test('the message a retry publishes is read with its options', () => {
    const [recording] = loadRecording<Recording[]>(version, 'retry-message');
    const outcome = readTaskMessage(incomingOf(recording as Recording));
    expect(outcome).toMatchObject({
      kind: 'task',
      request: { id: 'retry-task', retries: 1, timeLimitSeconds: 300, priority: 3, args: [1] },
    });
  });
});

test('a result we write has the newest form: the same keys in the same order, the same bytes once parsed', () => {
  const recording = loadRecording<Recordings>(newestVersion, 'results').success?.at(-1) as Recording;
  const meta = decodeTaskMeta(contentOf(recording), JSON_TYPE);
  const written: unknown = JSON.parse(encodeTaskMeta(meta).content.toString());
  expect(written).toEqual(recording.body);
  expect(Object.keys(record(written))).toEqual(Object.keys(record(recording.body)));
});

describe.each(recordedVersions)('events of Celery %s', (version) => {
  const events = Object.values(loadRecording<Record<string, Recording>>(version, 'events'));
  const bodies = events
    .flatMap((event) => (Array.isArray(event.body) ? event.body : [event.body]))
    .map(record);

  test('every recorded event is read, alone or in a batch', () => {
    const read = events.flatMap((event) => readEvents(contentOf(event), JSON_TYPE));
    expect(read).toEqual(bodies);
    const types = new Set(read.map((event) => event.type));
    for (const type of ['received', 'started', 'succeeded', 'failed', 'retried', 'revoked']) {
      expect(types).toContain(`task-${type}`);
    }
  });

  test('an event we build has the recorded keys and values, and its routing key', () => {
    for (const event of events.filter(({ body }) => !Array.isArray(body))) {
      const { hostname, utcoffset: _offset, pid, clock, timestamp, type, ...fields } = record(event.body);
      const context = {
        hostname: String(hostname),
        pid: Number(pid),
        clock: Number(clock),
        now: Number(timestamp) * 1000,
        timezoneOffsetMinutes: 0,
      };
      const built = buildEvent(String(type), fields, context);
      expect(built).toEqual(event.body);
      expect(new Set(Object.keys(built))).toEqual(new Set(Object.keys(record(event.body))));
      expect(eventRoutingKey(built.type)).toBe(event.routing_key);
    }
  });
});

describe.each(recordedVersions)('control messages of Celery %s', (version) => {
  const requests = loadRecording<Recordings>(version, 'control-requests');
  const replies = loadRecording<Recordings>(version, 'control-replies');

  test.each(Object.keys(requests))('%s: the request is read and built the same', (name) => {
    const [recording] = requests[name] ?? [];
    const read = readControlRequest(contentOf(recording as Recording), JSON_TYPE);
    if (read === null) throw new Error('not read');
    expect(read).toMatchObject(record(recording?.body));
    const { ticket, reply_to: replyTo } = read;
    const built = buildControlRequest({
      method: read.method,
      arguments: read.arguments,
      destination: read.destination ?? undefined,
      reply: ticket && replyTo ? { ticket, replyTo } : undefined,
    });
    expect(built).toEqual(recording?.body);
    expect(new Set(Object.keys(controlRequestHeaders(1, 2)))).toEqual(
      new Set(Object.keys(recording?.headers ?? {})),
    );
  });

  test.each(['ping', 'clock', 'revoke', 'unknown', 'destination'])(
    '%s: the reply is read and built the same',
    (name) => {
      const [recording] = replies[name] ?? [];
      const [reply] = readControlReply(contentOf(recording as Recording), JSON_TYPE);
      expect(reply?.node).toBe('recorder@node.example');
      expect(buildControlReply(reply?.node ?? '', reply?.value)).toEqual(recording?.body);
    },
  );
});
