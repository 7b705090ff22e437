import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import Joi from 'joi';
import request from 'supertest';
import { silentLogger, systemClock } from '../../../runtime';
import { createGatewayCore } from '../../../server/bootstrap';
import { loadServerConfig } from '../../../server/config';
import { pathParameters, templatedPath } from '../../../server/docs/operation';
import { problemsOf } from '../../../server/docs/route-problems';
import { schemaToJson } from '../../../server/docs/schema-to-json';
import { PROBLEMS } from '../../../server/http/problem-table';
import { Contract } from '../../support/contract';
import { testApp } from '../../support/gateway-app';

const run = promisify(execFile);
const contract = new Contract();
const { routes } = createGatewayCore({
  config: loadServerConfig({ RABBITMQ_MANAGEMENT_ENABLED: 'true' }),
  logger: silentLogger(),
  clock: systemClock,
});
const named = routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const);

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(contract.document));
    const validator = resolve('node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
    const { stdout } = await run(process.execPath, [validator, file]).finally(() =>
      rm(folder, { recursive: true }),
    );
    expect(JSON.parse(stdout)).toEqual({ valid: true });
  });

  test('is served as it is made, without a key, and not twice to who has it', async () => {
    const { app } = testApp();
    const first = await request(app).get('/openapi.json').expect(200);
    expect(first.body).toEqual(JSON.parse(JSON.stringify(contract.document)));
    const second = await request(app)
      .get('/openapi.json')
      .set('If-None-Match', first.headers.etag ?? '');
    expect(second.status).toBe(304);
  });

  test('is not served where GATEWAY_DOCS_ENABLED is false', async () => {
    const { app } = testApp({ env: { GATEWAY_DOCS_ENABLED: 'false' } });
    await request(app).get('/openapi.json').expect(404);
  });

  test('gives each operation an id of its own', () => {
    const ids = routes.map(({ api }) => api.operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(ids.filter((id) => !/^[a-z][A-Za-z0-9]+$/.test(id))).toEqual([]);
  });
});

/** Each schema of some size that stands more than once in a value, by where it stands. */
function repeated(value: unknown, at: string, seen: Map<string, string>): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { properties = {} } = value as { readonly properties?: object };
  const inner = Object.entries(value).flatMap(([key, part]) => repeated(part, `${at}/${key}`, seen));
  if (Object.keys(properties).length < 3) return inner;
  const text = JSON.stringify(value);
  const before = seen.get(text);
  seen.set(text, at);
  return before === undefined ? inner : [...inner, `${at} as ${before}`];
}

test('what several operations take or answer has a name in the OpenAPI document and is told once', () => {
  const { paths, components } = contract.document;
  const seen = new Map<string, string>();
  expect([
    ...repeated(components.schemas, 'schemas', seen),
    ...Object.entries(paths).flatMap(([path, operations]) => repeated(operations, path, seen)),
  ]).toEqual([]);
});

/** Codes of one feature, by the tag of the routes that may say so. */
const OF_FEATURES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^SCHEDULES?_/, ['schedules']],
  [/^WORKFLOW_/, ['workflows']],
  [/^(WEBHOOKS?|DELIVERY)_/, ['webhooks']],
  [/^KEYS?_(NOT_FOUND|EXISTS|READ_ONLY)$/, ['keys']],
  [/^POLICY_/, ['policies']],
  [/^CONNECTION_NOT_FOUND$/, ['connections']],
  [/^QUEUE_NOT_PAUSED$/, ['queues']],
  [/^TASK_NOT_(RECORDED|FINISHED)$/, ['tasks']],
  [/^REPLY_TIMEOUT$/, ['messages']],
  [/^WORKER_NOT_FOUND$/, ['workers']],
];

test('a route lists no problems of other features, and every problem is listed by some route', () => {
  const listed = routes.map(({ api, ...route }) => ({
    id: api.operationId,
    tag: api.tag,
    codes: [...problemsOf({ api, ...route }).values()].flat(),
  }));
  const strange = listed.flatMap(({ id, tag, codes }) =>
    codes
      .filter((code) => OF_FEATURES.some(([of, tags]) => of.test(code) && !tags.includes(tag)))
      .map((code) => `${id}: ${code}`),
  );
  expect(strange).toEqual([]);
  const all = new Set(listed.flatMap(({ codes }) => codes));
  expect(Object.keys(PROBLEMS).filter((code) => !all.has(code as keyof typeof PROBLEMS))).toEqual([
    // Said where no route was found, and by none yet: names of tasks are not checked.
    'ROUTE_NOT_FOUND',
    'TASK_UNKNOWN',
    'METHOD_NOT_ALLOWED',
  ]);
});

describe.each(named)('%s in the OpenAPI document', (_name, route) => {
  test('is there, with its scope and its path parameters', () => {
    const operation = contract.document.paths[templatedPath(route.path)]?.[route.method];
    expect(operation).toMatchObject({ operationId: route.api.operationId });
    expect((operation as { 'x-required-scope'?: string })['x-required-scope']).toBe(route.scope ?? undefined);
    const params = Object.keys(route.api.params?.describe().keys ?? {});
    expect(params).toEqual(expect.arrayContaining([...pathParameters(route.path)]));
  });

  test('has a schema for each JSON answer', () => {
    const lacking = Object.entries(route.api.responses).filter(([status, { schema, contentType }]) => {
      const hasNoBody = status === '204' || status.startsWith('3') || (contentType ?? '').startsWith('text/');
      return schema === undefined && !hasNoBody;
    });
    expect(lacking.map(([status]) => status)).toEqual([]);
  });

  test('has an example that its own schema takes', () => {
    if (route.api.body === undefined || route.api.example === undefined) return;
    expect(route.api.body.validate(route.api.example).error).toBeUndefined();
    expect(contract.problemsOf(schemaToJson(route.api.body), route.api.example)).toEqual([]);
  });
});

describe('a joi schema as JSON Schema', () => {
  const schema = Joi.object({
    a: Joi.string().valid('x', null),
    b: Joi.object({ c: Joi.number() }).allow(null),
    d: Joi.array().items(Joi.object({ e: Joi.any(), f: Joi.any() }).xor('e', 'f')),
    g: Joi.alternatives(Joi.number(), Joi.object({ h: Joi.any(), i: Joi.any() }).and('h', 'i')),
    j: Joi.object().pattern(Joi.string(), Joi.string().valid('y', null)),
    k: Joi.forbidden(),
    l: Joi.string().pattern(/^abc$/i),
    m: Joi.any(),
    n: Joi.any(),
    o: Joi.object({ p: Joi.any(), q: Joi.any() }).or('p', 'q'),
  })
    .oxor('m', 'n')
    .with('m', 'a')
    .without('n', 'a');

  test.each([
    [{ a: null }],
    [{ a: 'z' }],
    [{ b: null }],
    [{ b: { c: 'no' } }],
    [{ d: [{ e: 1 }] }],
    [{ d: [{}] }],
    [{ d: [{ e: 1, f: 1 }] }],
    [{ g: 1 }],
    [{ g: { h: 1 } }],
    [{ g: { h: 1, i: 1 } }],
    [{ j: { any: null } }],
    [{ j: { any: 'z' } }],
    [{ k: 1 }],
    [{ l: 'ABC' }],
    [{ m: 1, a: 'x' }],
    [{ m: 1 }],
    [{ n: 1, a: 'x' }],
    [{ m: 1, n: 1, a: 'x' }],
    [{ o: {} }],
    [{ o: { q: 1 } }],
  ])('judges %j as joi does', (value) => {
    const accepted = schema.validate(value, { convert: false }).error === undefined;
    expect(contract.problemsOf(schemaToJson(schema), value).length === 0).toBe(accepted);
  });
});

describe('an answer held to the document', () => {
  const answer = {
    method: 'DELETE',
    route: '/rabbitmq/queues/:queue_name',
    status: 200,
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({ deleted: true, message_count: 0 }),
    asked: undefined,
  };

  test.each([
    ['as it is described', {}, undefined],
    ['of a route that is not described', { route: '/elsewhere' }, /is not in the OpenAPI document/],
    ['with another status', { status: 418 }, /does not say that it answers 418/],
    ['with another type', { contentType: 'text/html' }, /described is application\/json/],
    ['without a field', { body: '{"deleted":true}' }, /message_count/],
    ['with a field that is not described', { body: answer.body.replace('{', '{"more":1,') }, /"more"/],
    ['that is no problem document', { route: undefined, status: 404 }, /in place of a problem/],
  ])('%s', (_circumstance, change, expected) => {
    const found = contract.breaches({ ...answer, ...change });
    if (expected === undefined) expect(found).toEqual([]);
    else expect(found.join()).toMatch(expected);
  });
});
