import { deflateSync, gzipSync } from 'node:zlib';
import type { MessageProperties } from '../../amqp';

/** A message as it goes on the wire, right or wrong. */
export interface WireMessage {
  readonly content: Buffer;
  readonly properties: MessageProperties;
}

export interface Shape {
  readonly name: string;
  /** `dead`: dead-lettered. `any`: dead-lettered or run, but always answered. */
  readonly fate: 'dead' | 'any';
  make(id: string, random: Random): WireMessage;
}

/** Numbers from 0 to below 1; the same ones for the same seed (mulberry32). */
export type Random = () => number;

export const seeded = (seed: number): Random => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const EMBED = { callbacks: null, errbacks: null, chain: null, chord: null };
const BODY = JSON.stringify([[2, 3], {}, EMBED]);
const TASK = 'interop.add';

const message = (
  content: string | Buffer,
  headers: Readonly<Record<string, unknown>>,
  properties: MessageProperties = {},
): WireMessage => ({
  content: Buffer.from(content),
  properties: {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    replyTo: 'replies',
    deliveryMode: 2,
    ...properties,
    headers,
  } as MessageProperties,
});

const body = (name: string, content: string | Buffer, fate: Shape['fate'] = 'dead'): Shape => ({
  name: `body: ${name}`,
  fate,
  make: (id) => message(content, { task: TASK, id }),
});
const headers = (name: string, changed: Readonly<Record<string, unknown>>, fate: Shape['fate']): Shape => ({
  name: `headers: ${name}`,
  fate,
  make: (id) => message(BODY, { task: TASK, id, ...changed }),
});
const properties = (name: string, changed: MessageProperties, fate: Shape['fate']): Shape => ({
  name: `properties: ${name}`,
  fate,
  make: (id) => message(BODY, { task: TASK, id }, changed),
});
const embedded = (name: string, embed: unknown): Shape =>
  body(`embed with ${name}`, JSON.stringify([[2, 3], {}, embed]), 'any');

const nested = (depth: number): string =>
  `[[${'['.repeat(depth)}${']'.repeat(depth)},3],{},${JSON.stringify(EMBED)}]`;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const bytes = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * 256)));

let bombed: Buffer | undefined;
/** 78 KB that become 80 MB. */
const bomb = (): Buffer => {
  bombed ??= deflateSync(Buffer.alloc(80_000_000, 32));
  return bombed;
};

const ODD_VALUES: readonly unknown[] = [
  ...[0, -1, 1e300, 2 ** 40, true, false, '', 'x', 'ä\u0000', null, [], {}, [1, [2]], { a: { b: [] } }],
  ...['2020-01-01T00:00:00', '9999-99-99', '-1', '__proto__', 'constructor', 'a'.repeat(2000)],
];
const FIELDS =
  'lang task shadow expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr origin ignore_result replaced_task_nesting stamped_headers stamps compression'.split(
    ' ',
  );

/** Each shape of message that is no task, of contract 4.3 and of those a Python worker dies of, and random ones. */
export const SHAPES: readonly Shape[] = [
  body('empty', ''),
  body('no JSON', '{['),
  body('null', 'null'),
  body('an object', '{"a":1}'),
  body('a number', '5'),
  body('two elements', '[[2,3],{}]'),
  body('args that are a number', '[5,{},{}]'),
  body('args that are a text', '["ab",{},{}]'),
  body('kwargs that are a list', '[[1,2],[],{}]'),
  body('embed null', '[[2,3],{},null]', 'any'),
  body('nested 900 deep', nested(900)),
  body('nested 200,000 deep', nested(200_000)),
  body('a number of 5,000 digits', `[[${'9'.repeat(5000)},1],{},${JSON.stringify(EMBED)}]`, 'any'),
  body('NaN', `[[NaN,1],{},${JSON.stringify(EMBED)}]`, 'any'),
  body('half a surrogate pair', `[["\\ud800",1],{},${JSON.stringify(EMBED)}]`, 'any'),
  body('no UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d])),
  body('__proto__ among the keywords', `[[2,3],{"__proto__":{"x":1}},${JSON.stringify(EMBED)}]`, 'any'),
  embedded('callbacks that are a text', { callbacks: 'later' }),
  embedded('a chain that is a number', { chain: 5 }),
  embedded('a chain of nonsense', { chain: [null, 5, { task: 7 }] }),
  embedded('a chord that is a list', { chord: [1] }),
  embedded('errbacks of nonsense', { errbacks: [{}] }),
  { name: 'no headers', fate: 'dead', make: (id) => message(BODY, {}, { correlationId: id }) },
  { name: 'nothing but content', fate: 'dead', make: () => ({ content: Buffer.from(BODY), properties: {} }) },
  { name: 'no id', fate: 'dead', make: () => message(BODY, { task: TASK }) },
  headers('an id that is a number', { id: 5 }, 'dead'),
  headers('an id that is null', { id: null }, 'dead'),
  headers('an id that is an object', { id: { a: 1 } }, 'dead'),
  headers('a task that is a number', { task: 5 }, 'dead'),
  headers('a task that is null', { task: null }, 'dead'),
  headers('a task that is an object', { task: { a: 1 } }, 'dead'),
  headers('an unknown task', { task: 'nobody.knows' }, 'dead'),
  headers('a task called constructor', { task: 'constructor' }, 'dead'),
  headers('a task called __proto__', { task: '__proto__' }, 'dead'),
  headers('an eta that is a number', { eta: 5 }, 'dead'),
  headers('an eta that is junk', { eta: 'soon' }, 'dead'),
  headers('expires that is junk', { expires: 'never' }, 'dead'),
  headers('a time limit that is a text', { timelimit: 'abc' }, 'dead'),
  headers('a time limit that is an object', { timelimit: { a: 1 } }, 'dead'),
  headers('negative time limits', { timelimit: [-5, -5] }, 'any'),
  headers('retries that are a text', { retries: 'many' }, 'any'),
  headers('an unknown compression', { compression: 'application/x-snappy' }, 'dead'),
  headers('a compression that is a number', { compression: 5 }, 'any'),
  {
    name: 'a bomb',
    fate: 'dead',
    make: (id) =>
      message(bomb(), {
        task: TASK,
        id,
        compression: 'application/x-gzip',
      }),
  },
  {
    name: 'gzip under the name kombu writes zlib with',
    fate: 'dead',
    make: (id) => message(gzipSync(BODY), { task: TASK, id, compression: 'application/x-gzip' }),
  },
  properties('pickle', { contentType: 'application/x-python-serialize', contentEncoding: 'binary' }, 'dead'),
  properties('no content type', { contentType: undefined }, 'dead'),
  properties('a content type with a charset', { contentType: 'application/json; charset=utf-8' }, 'dead'),
  properties('an encoding in capitals', { contentEncoding: 'UTF-8' }, 'any'),
  properties('an encoding nobody knows', { contentEncoding: 'ebcdic-7' }, 'any'),
  {
    name: 'random bytes',
    fate: 'dead',
    make: (id, random) => message(bytes(random, 400), { task: TASK, id }),
  },
  {
    name: 'random bytes in every place',
    fate: 'dead',
    make: (id, random) =>
      message(bytes(random, 400), { task: bytes(random, 20), id: bytes(random, 20), [id]: 1 }),
  },
  {
    name: 'random headers',
    fate: 'any',
    make: (id, random) => {
      const odd = FIELDS.filter(() => random() < 0.15).map((field) => [field, pick(random, ODD_VALUES)]);
      return message(BODY, { task: TASK, id, ...Object.fromEntries(odd) });
    },
  },
  {
    name: 'a text with one byte changed',
    fate: 'any',
    make: (id, random) => {
      const content = Buffer.from(BODY);
      content[Math.floor(random() * content.length)] = Math.floor(random() * 256);
      return message(content, { task: TASK, id });
    },
  },
];
