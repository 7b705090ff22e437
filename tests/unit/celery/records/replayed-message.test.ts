import type { HeaderTable } from '../../../../amqp';
import {
  embedOf,
  type RecordedMessage,
  type ReplayEdits,
  recordedArguments,
  replayedMessage,
  withNestedHeaders,
  withoutNestedHeaders,
} from '../../../../celery';
import { compress, serialize } from '../../../../celery/protocol';

const EMBED = '{"callbacks": null, "errbacks": null, "chain": [{"task": "t.next"}], "chord": null}';

function recorded(
  content: string | Buffer,
  headers: HeaderTable = {},
  contentType = 'application/json',
): RecordedMessage {
  return {
    taskId: 'old',
    exchange: '',
    routingKey: 'q',
    content: Buffer.from(content),
    properties: {
      contentType,
      contentEncoding: 'utf-8',
      correlationId: 'old',
      replyTo: 'somebody',
      priority: 4,
      expiration: '5',
      headers: {
        task: 't.x',
        id: 'old',
        root_id: 'old',
        parent_id: null,
        retries: 3,
        eta: '2020-01-01T00:00:00+00:00',
        expires: '2020-01-01T00:00:00+00:00',
        timelimit: [9, null],
        group: 'g',
        group_index: 2,
        argsrepr: '(1,)',
        kwargsrepr: '{}',
        mine: 'kept',
        'x-death': 'no',
        ...headers,
      },
    },
  };
}

const replay = (message: RecordedMessage, edits: ReplayEdits = {}) =>
  replayedMessage(message, edits, { taskId: 'new', replyTo: 'us', now: 0, headers: { tenant: 'a' } });

const bodyOf = (message: RecordedMessage, edits: ReplayEdits = {}): string =>
  replay(message, edits).content.toString();

describe('replayedMessage', () => {
  test('keeps the very bytes of arguments that JavaScript has no number for', () => {
    const text = `[[12345678901234567890, 1.0, NaN, "a,\\"]"], {"k": 1e400},  ${EMBED}]`;
    expect(bodyOf(recorded(text))).toBe(text);
    expect(bodyOf(recorded(text), { kwargs: { k: 1 } })).toBe(
      `[[12345678901234567890, 1.0, NaN, "a,\\"]"], {"k":1}, {${EMBED.slice(1, -1)}}]`,
    );
  });

  test('is a new task with a first run ahead of it', () => {
    const { properties } = replay(recorded(`[[1], {}, ${EMBED}]`));
    expect(properties).toMatchObject({
      correlationId: 'new',
      replyTo: 'us',
      priority: 4,
      expiration: undefined,
    });
    expect(properties.headers).toEqual({
      task: 't.x',
      id: 'new',
      root_id: 'new',
      shadow: null,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
      parent_id: null,
      retries: 0,
      eta: null,
      expires: null,
      timelimit: [9, null],
      group: null,
      group_index: null,
      argsrepr: '(1,)',
      kwargsrepr: '{}',
      ignore_result: undefined,
      mine: 'kept',
      replay_of: 'old',
      tenant: 'a',
    });
  });

  test('of a later task of a tree stays in its place', () => {
    const { properties } = replay(recorded(`[[], {}, ${EMBED}]`, { root_id: 'r', parent_id: 'p' }));
    expect(properties.headers).toMatchObject({ root_id: 'r', parent_id: 'p' });
  });

  test('leaves its chord, and what follows it stays', () => {
    const embed = '{"chain": [{"task": "n", "args": [1.0]}], "chord" : {"task": "body", "a": [1, {"b": 2}]}}';
    expect(bodyOf(recorded(`[[1.0], {}, ${embed}]`))).toBe(
      '[[1.0], {}, {"chain": [{"task": "n", "args": [1.0]}], "chord": null}]',
    );
  });

  test('takes edits of arguments, times, limits and priority', () => {
    const options = {
      countdownSeconds: 5,
      expires: 60,
      softTimeLimitSeconds: 3,
      priority: 9,
      ignoreResult: true,
    };
    const edited = replay(recorded(`[[1], {"a": 1.0}, ${EMBED}]`), { args: [2, 'x'], options });
    expect(edited.content.toString()).toMatch(/^\[\[2,"x"\], \{"a": 1\.0\}, /);
    expect(edited.properties).toMatchObject({
      priority: 9,
      expiration: '60000',
      headers: {
        argsrepr: "(2, 'x')",
        kwargsrepr: '{}',
        eta: '1970-01-01T00:00:05+00:00',
        expires: '1970-01-01T00:01:00+00:00',
        timelimit: [9, 3],
        ignore_result: true,
      },
    });
  });

  test('a compressed body stays packed unless it is edited', () => {
    const packed = compress(Buffer.from(`[[1], {}, ${EMBED}]`), 'zlib');
    const message = recorded(packed.content, { compression: packed.header });
    expect(replay(message).content).toEqual(packed.content);
    expect(replay(message).properties.headers?.compression).toBe(packed.header);
    const edited = replay(message, { args: [] });
    expect(edited.content.toString()).toMatch(/^\[\[\], \{\}, /);
    expect(edited.properties.headers).not.toHaveProperty('compression');
  });

  test('other serializers are read and written again', () => {
    const body = [[1n], { k: 'v' }, { callbacks: null, errbacks: null, chain: null, chord: { task: 'b' } }];
    const { content, contentType } = serialize(body, 'msgpack');
    const message = recorded(content, {}, contentType);
    const again = { ...message, content: replay(message).content };
    expect(recordedArguments(again)).toEqual({ args: [1], kwargs: { k: 'v' } });
    expect(embedOf(again)).toMatchObject({ chord: null });
  });

  test.each(['{}', '[[]]', 'x', '[[], {}, null, 1]'])('%s cannot be edited', (content) => {
    expect(() => bodyOf(recorded(content), { args: [] })).toThrow('cannot be read');
  });
});

describe('headers that a stream does not keep', () => {
  const plain = { task: 't', timelimit: [null, null], stamps: {}, stamped_headers: null };

  test('are none of a plain task, which stays the very object it was', () => {
    expect(withNestedHeaders(plain)).toBe(plain);
    expect(withoutNestedHeaders(plain)).toBe(plain);
  });

  test('travel as a text and are put back', () => {
    const headers = {
      task: 't',
      timelimit: [9, null],
      stamps: { tags: ['a'] },
      retry_policy: { max_retries: 3 },
    };
    const { timelimit: _a, stamps: _b, retry_policy: _c, ...streamed } = withNestedHeaders(headers);
    expect(streamed).toEqual({ task: 't', gateway_nested_headers: expect.any(String) });
    expect(withoutNestedHeaders(streamed)).toEqual(headers);
  });

  test.each(['{', '3', '{"task":"other","n":1}', '{"task":["x"]}'])('%s changes nothing', (text) => {
    expect(withoutNestedHeaders({ task: 't', gateway_nested_headers: text })).toEqual({ task: 't' });
  });
});
