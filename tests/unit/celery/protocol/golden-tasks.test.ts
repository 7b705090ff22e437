import {
  completeTaskMessage,
  encodeTaskMessage,
  readTaskMessage,
  type Signature,
  type TaskOptions,
} from '../../../../celery/protocol';
import {
  contentOf,
  incomingOf,
  loadRecording,
  propertiesOf,
  type Recording,
  recordedVersions,
} from './recordings';

const NOW = Date.parse('2030-01-02T03:04:05.678Z');
const ACCEPT = new Set(['application/json', 'application/x-msgpack', 'application/x-yaml']);
/** Headers Celery 5.2 does not know yet. */
const NEWER_HEADERS = ['replaced_task_nesting', 'stamped_headers', 'stamps'];
const link = (args: readonly unknown[], immutable = false): Signature => ({
  task: 'record.add',
  args,
  kwargs: {},
  options: {},
  subtask_type: null,
  immutable,
});

/** The options that make our client send what each recording shows. */
const OPTIONS: Readonly<Record<string, TaskOptions>> = {
  plain: {},
  eta: { eta: new Date(NOW + 3_600_000) },
  'eta-whole-second': { eta: '2030-01-02T03:04:05Z' },
  countdown: { countdownSeconds: 90 },
  'expires-seconds': { expires: 50 },
  'expires-datetime': { expires: new Date(NOW + 300_000) },
  priority: { priority: 9 },
  'time-limits': { timeLimitSeconds: 300, softTimeLimitSeconds: 200 },
  headers: { headers: { tenant: 'blue', big: 3_000_000_000, small: 200 } },
  shadow: { shadow: 'other.name' },
  'ignore-result': { ignoreResult: true },
  link: { link: [link([10])] },
  'link-error': { linkError: [link([1, 1], true)] },
  transient: { deliveryMode: 1 },
  'root-parent': { rootId: 'root-1', parentId: 'parent-1' },
  stamps: { stampedHeaders: ['customer'], stamps: { customer: 'acme' } },
  msgpack: { serializer: 'msgpack' },
};

/** Python has microseconds where a JavaScript clock has milliseconds. */
const toMilliseconds = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/(\d\d\.\d{3})\d{3}\+00:00$/, '$1000+00:00') : value;

const rebuild = (name: string, recording: Recording) => {
  const { headers } = recording;
  const properties = propertiesOf(recording);
  const options = OPTIONS[name] ?? {};
  const id = String(headers.id);
  const message = completeTaskMessage(
    {
      headers: { lang: 'js', task: headers.task, id },
      properties: { correlationId: id, replyTo: '' },
      body: [],
    },
    { id, name: String(headers.task), args: [2, 3], kwargs: {} },
    options,
    { now: NOW, origin: String(headers.origin), replyTo: properties.replyTo ?? '' },
  );
  return encodeTaskMessage(message, { serializer: options.serializer ?? 'json' });
};

describe.each(recordedVersions)('task messages beside those of Celery %s', (version) => {
  const tasks = loadRecording<Record<string, Recording[]>>(version, 'tasks');
  const recorded = Object.keys(OPTIONS).filter((name) => tasks[name] !== undefined);

  test.each(recorded)('%s: our headers equal the recorded ones, but for lang', (name) => {
    const recording = tasks[name]?.[0] as Recording;
    const ours = { ...rebuild(name, recording).properties.headers };
    const theirs: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(recording.headers)) theirs[key] = toMilliseconds(value);
    if (version.startsWith('5.2')) for (const newer of NEWER_HEADERS) delete ours[newer];
    expect(ours.lang).toBe('js');
    expect(ours).toEqual({ ...theirs, lang: 'js' });
  });

  test.each(recorded)('%s: our properties and body equal the recorded ones', (name) => {
    const recording = tasks[name]?.[0] as Recording;
    const ours = rebuild(name, recording);
    const { headers: _headers, ...properties } = ours.properties;
    expect(properties).toEqual(propertiesOf(recording));
    if (name === 'msgpack') expect(ours.content).toEqual(contentOf(recording));
    else
      expect(ignoringEmbedOptions(JSON.parse(ours.content.toString()))).toEqual(
        ignoringEmbedOptions(recording.body),
      );
  });

  const messages = Object.entries(tasks).flatMap(([name, list]) =>
    list.map((recording, index) => [`${name} ${index}`, recording] as const),
  );

  test.each(messages)('%s is read back as what was recorded', (_name, recording) => {
    const outcome = readTaskMessage(incomingOf(recording), { accept: ACCEPT });
    expect(outcome).toMatchObject({ kind: 'task' });
    if (outcome.kind !== 'task') throw new Error(outcome.detail);
    const { request } = outcome;
    const legacy = Array.isArray(recording.body) ? undefined : (recording.body as Record<string, unknown>);
    expect(request.protocol).toBe(legacy === undefined ? 2 : 1);
    expect(request.id).toBe((legacy ?? recording.headers).id);
    expect(request.task).toBe((legacy ?? recording.headers).task);
    const [args, kwargs] = legacy
      ? [legacy.args, legacy.kwargs]
      : (recording.body as readonly [unknown, unknown, unknown]);
    if (!_name.startsWith('datetime')) expect([request.args, request.kwargs]).toEqual([args, kwargs]);
    expect(request.eta === null).toBe(((legacy ?? recording.headers).eta ?? null) === null);
  });
});

/** Python freezes ids and the reply address into linked signatures when it sends; ours come frozen from the canvas. */
const ignoringEmbedOptions = (body: unknown): unknown => {
  const [args, kwargs, embed] = body as readonly [unknown, unknown, Record<string, unknown>];
  const bare = (sig: Signature): unknown => ({ ...sig, options: {}, chord_size: null });
  const list = (value: unknown): unknown => (Array.isArray(value) ? value.map(bare) : value);
  return [args, kwargs, { ...embed, callbacks: list(embed.callbacks), errbacks: list(embed.errbacks) }];
};

const tasksOf = (version: string): Readonly<Record<string, readonly Recording[] | undefined>> =>
  loadRecording(version, 'tasks');

describe('values only Python can hold, in recorded messages', () => {
  test('a datetime and bytes arrive as Date and Buffer', () => {
    const newest = recordedVersions.at(-1) as string;
    const recording = tasksOf(newest)['datetime-arg']?.[0] as Recording;
    const outcome = readTaskMessage(incomingOf(recording));
    expect(outcome).toMatchObject({ kind: 'task', request: { args: [new Date(NOW), Buffer.from('bytes')] } });
  });
});
