import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import type { Logger } from '../../../runtime';
import { silentLogger, systemClock } from '../../../runtime';
import {
  type AuditEntry,
  AuditFile,
  AuditLog,
  AuditService,
  auditRoutes,
  verifyChain,
} from '../../../server/audit';
import { createAccess } from '../../../server/bootstrap/access';
import { createAuditLog } from '../../../server/bootstrap/audit';
import { createListener } from '../../../server/bootstrap/listener';
import { createRateLimits } from '../../../server/bootstrap/rate-limits';
import { loadServerConfig } from '../../../server/config';
import { GatewayError } from '../../../server/errors';
import { Drain } from '../../../server/http/drain';
import { sendJson } from '../../../server/http/json-response';
import type { RouteDefinition } from '../../../server/http/route';
import { keyOf, storedKeys } from '../../support/gateway-app';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';

const KEY = 'audit key';
const folder = mkdtempSync(join(tmpdir(), 'audit-'));
let files = 0;
const newPath = (): string => {
  files += 1;
  return join(folder, `audit-${files}.log`);
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = (operation: string): AuditEntry => ({
  at: '2030-01-01T00:00:00.000Z',
  request_id: 'r1',
  key_id: 'ops',
  tenant: null,
  address: '127.0.0.1',
  operation,
  method: 'DELETE',
  route: '/rabbitmq/queues/:queue_name/purge',
  target: { queue_name: 'reports' },
  reason: 'stuck',
  outcome: 'done',
  status: 200,
  code: null,
  counts: { purged: 3 },
});

const logOn = (path: string, logger = new SilentLogger()): AuditLog =>
  new AuditLog({
    file: new AuditFile(path),
    key: KEY,
    maxEntries: 100,
    logger: logger as unknown as Logger,
  });

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

/** A log of three records. */
async function threeRecords(): Promise<string> {
  const path = newPath();
  const log = logOn(path);
  await Promise.all(['one', 'two', 'three'].map((operation) => log.record(entry(operation))));
  await log.stop();
  return path;
}

describe('the audit file', () => {
  test('holds what was recorded, in order, for its owner only, and verifies', async () => {
    const path = await threeRecords();
    expect(linesOf(path).map((line) => JSON.parse(line))).toMatchObject([
      { seq: 1, operation: 'one', prev: '0'.repeat(64) },
      { seq: 2, operation: 'two', reason: 'stuck', counts: { purged: 3 } },
      { seq: 3, operation: 'three' },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await verifyChain(linesOf(path), KEY)).toMatchObject({ intact: true, head: { seq: 3 } });
  });

  test.each<readonly [string, number, (lines: string[]) => string[]]>([
    [
      'one character of a record changed',
      2,
      ([a = '', b = '', c = '']) => [a, b.replace('stuck', 'stack'), c],
    ],
    ['a record removed', 2, ([a = '', , c = '']) => [a, c]],
    ['the first one removed', 1, ([, b = '', c = '']) => [b, c]],
    ['two exchanged', 1, ([a = '', b = '', c = '']) => [b, a, c]],
    ['one written twice', 3, ([a = '', b = '', c = '']) => [a, b, b, c]],
    ['a line that is no record', 2, ([a = '', ...rest]) => [a, 'x', ...rest]],
  ])('with %s it does not verify, and line %i is named', async (_what, line, tamper) => {
    const lines = tamper(linesOf(await threeRecords()));
    expect(await verifyChain(lines, KEY)).toMatchObject({ intact: false, line });
  });

  test('any bit of any record that is flipped shows', async () => {
    const path = await threeRecords();
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length - 1; at += 7) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const verdict = await verifyChain(flipped.toString('latin1').trimEnd().split('\n'), KEY);
      expect(verdict.intact).toBe(false);
    }
  });

  test('another key verifies nothing: who can write the file cannot write a chain', async () => {
    expect(await verifyChain(linesOf(await threeRecords()), 'guessed')).toMatchObject({
      intact: false,
      line: 1,
    });
  });

  test('goes on after a restart, and after a rotation in a new file', async () => {
    const path = await threeRecords();
    const log = logOn(path);
    await log.record(entry('four'));
    renameSync(path, `${path}.1`);
    await log.record(entry('five'));
    await log.stop();
    expect(linesOf(path)).toHaveLength(1);
    const all = [...linesOf(`${path}.1`), ...linesOf(path)];
    expect(await verifyChain(all, KEY)).toMatchObject({ intact: true, head: { seq: 5 } });
  });

  test('two logs on one file make one chain as long as they take turns', async () => {
    const path = newPath();
    const [a, b] = [logOn(path), logOn(path)];
    await a.record(entry('one'));
    await b.record(entry('two'));
    await a.record(entry('three'));
    expect(await verifyChain(linesOf(path), KEY)).toMatchObject({ intact: true, head: { seq: 3 } });
    await Promise.all([a.stop(), b.stop()]);
  });

  test('what a crash left half-written is cut off and the chain goes on', async () => {
    const path = await threeRecords();
    appendFileSync(path, '{"seq":4,"at":"20');
    const log = logOn(path);
    await log.record(entry('four'));
    await log.stop();
    expect(await verifyChain(linesOf(path), KEY)).toMatchObject({ intact: true, head: { seq: 4 } });
  });

  test('while it cannot be written nothing is lost: the records follow when it can', async () => {
    const folderPath = newPath();
    const logger = new SilentLogger();
    const log = logOn(join(folderPath, 'audit.log'), logger);
    await log.record(entry('one'));
    expect(await log.available()).toBe(false);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    mkdirSync(folderPath);
    expect(await log.available()).toBe(true);
    await log.stop();
    expect(linesOf(join(folderPath, 'audit.log'))).toHaveLength(1);
  });
});

const described = (operationId: string) => ({
  summary: 's',
  operationId,
  tag: 't',
  responses: {},
  problems: [],
});

/** Routes of each kind that matters here, without anything behind them. */
const ROUTES: readonly RouteDefinition[] = [
  {
    method: 'delete',
    path: '/rabbitmq/queues/:queue_name/purge',
    scope: 'queues:purge',
    bucket: 'admin',
    body: 'none',
    startsWork: true,
    confirm: { parameter: 'queue_name', always: false },
    api: described('purgeQueue'),
    handle: (_req, res) => sendJson(res, 200, { purged: 3, note: 'x' }),
  },
  {
    method: 'delete',
    path: '/rabbitmq/queues/:queue_name',
    scope: 'queues:write',
    bucket: 'admin',
    body: 'none',
    startsWork: true,
    confirm: { parameter: 'queue_name', always: true },
    api: described('deleteQueue'),
    handle: (_req, res) => sendJson(res, 200, {}),
  },
  {
    method: 'post',
    path: '/rabbitmq/queues/declare',
    scope: 'queues:write',
    bucket: 'admin',
    body: 'json',
    startsWork: true,
    api: described('declareQueue'),
    handle: () => {
      throw new GatewayError('NAME_NOT_ALLOWED', 'no');
    },
  },
  {
    method: 'get',
    path: '/rabbitmq/tasks/active',
    scope: 'tasks:read',
    bucket: 'reads',
    body: 'none',
    startsWork: false,
    api: described('listActiveTasks'),
    handle: (_req, res) => sendJson(res, 200, {}),
  },
  {
    method: 'post',
    path: '/rabbitmq/tasks/submit',
    scope: 'tasks:submit',
    bucket: 'submits',
    body: 'json',
    startsWork: true,
    api: described('submitTask'),
    handle: (_req, res) => sendJson(res, 202, {}),
  },
];

/** An application of these routes with an audit file, and what is in it. */
function audited(env: Readonly<Record<string, string>> = {}, path = newPath()) {
  const logger = silentLogger();
  const clock = systemClock;
  const config = loadServerConfig({
    GATEWAY_API_KEYS: storedKeys,
    GATEWAY_AUDIT_FILE: path,
    GATEWAY_AUDIT_KEY: KEY,
    ...env,
  });
  const audit = createAuditLog({ config, logger, broker: undefined });
  const app = createListener({
    config,
    logger,
    clock,
    drain: new Drain(),
    routes: [...ROUTES, ...auditRoutes(new AuditService(audit))],
    access: createAccess({ config, logger, clock, broker: undefined }),
    audit,
    limits: createRateLimits(config, logger),
    measure: [],
  });
  const records = () => linesOf(path).map((line): Record<string, unknown> => JSON.parse(line));
  return { app, path, records };
}

describe('calls over HTTP', () => {
  test('who, what, target, reason, outcome and count of a purge are on record, its beginning before its end', async () => {
    const { app, records } = audited();
    await request(app)
      .delete('/rabbitmq/queues/reports/purge')
      .set({ 'X-API-Key': keyOf('admin'), 'X-Reason': 'stuck\tsince noon', 'X-Request-Id': 'r-7' })
      .expect(200);
    const [begun, done] = await until(() => records().length === 2 && records());
    const same = {
      key_id: 'admin',
      request_id: 'r-7',
      operation: 'purgeQueue',
      target: { queue_name: 'reports' },
      reason: 'stuck since noon',
    };
    expect(begun).toMatchObject({ ...same, outcome: 'begun', status: null, counts: {} });
    expect(done).toMatchObject({ ...same, outcome: 'done', status: 200, counts: { purged: 3 } });
  });

  test('refusals are on record with the key that tried, and without one where there was none', async () => {
    const { app, records } = audited();
    const declare = () => request(app).post('/rabbitmq/queues/declare');
    await request(app).delete('/rabbitmq/queues/reports/purge').set('X-API-Key', keyOf('reader')).expect(403);
    await declare().expect(401);
    await declare().set('X-API-Key', keyOf('reader')).expect(403);
    await declare().set('X-API-Key', keyOf('admin')).send({ queue_name: 'amq.x' }).expect(403);
    await until(() => records().length === 4);
    expect(records()).toMatchObject([
      { key_id: 'reader', outcome: 'refused', target: { queue_name: 'reports' } },
      { key_id: null, outcome: 'refused', status: 401, code: 'UNAUTHENTICATED' },
      { key_id: 'reader', outcome: 'refused', status: 403, code: 'FORBIDDEN' },
      { key_id: 'admin', outcome: 'refused', code: 'NAME_NOT_ALLOWED', target: { queue_name: 'amq.x' } },
    ]);
  });

  test('of a body only its names are on record', async () => {
    const { app, path, records } = audited();
    await request(app)
      .post('/rabbitmq/queues/declare')
      .set('X-API-Key', keyOf('admin'))
      .send({ queue_name: 'reports', message: { password: 'CANARY' }, headers: { token: 'CANARY' } })
      .expect(403);
    await until(() => records().length === 1);
    expect(records()[0]).toMatchObject({ outcome: 'refused', target: { queue_name: 'reports' } });
    expect(readFileSync(path, 'utf8')).not.toContain('CANARY');
  });

  test('reads and submissions are not on record, but reading the log is', async () => {
    const { app, records } = audited();
    const key = { 'X-API-Key': keyOf('admin') };
    await request(app).get('/rabbitmq/tasks/active').set(key);
    await request(app).post('/rabbitmq/tasks/submit').set(key).send({ task_name: 'a' });
    await request(app).get('/rabbitmq/audit').set(key).expect(200);
    await until(() => records().length === 1);
    expect(records()).toMatchObject([{ operation: 'listAuditRecords' }]);
  });

  test('while the log cannot be written nothing administrative is done, and all else works', async () => {
    const { app } = audited({}, join(newPath(), 'no', 'audit.log'));
    const key = { 'X-API-Key': keyOf('admin') };
    for (let call = 0; call < 2; call += 1) {
      const { body } = await request(app).delete('/rabbitmq/queues/reports/purge').set(key);
      expect(body).toMatchObject({ status: 503, code: 'AUDIT_UNAVAILABLE' });
    }
    await request(app).get('/rabbitmq/tasks/active').set(key).expect(200);
  });

  test('GET /rabbitmq/audit pages backwards and filters', async () => {
    const { app } = audited();
    const key = { 'X-API-Key': keyOf('admin') };
    for (const queue of ['a', 'b', 'c']) {
      await request(app).delete(`/rabbitmq/queues/${queue}/purge`).set(key).expect(200);
    }
    const get = async (query: object) => {
      const { body } = await request(app).get('/rabbitmq/audit').set(key).query(query).expect(200);
      return body as { items: { target: { queue_name: string } }[]; next_before: number | null };
    };
    const filter = { operation: 'purgeQueue', outcome: 'done' };
    const names = ({ items }: { items: { target: { queue_name: string } }[] }) =>
      items.map(({ target }) => target.queue_name);
    const first = await until(async () => {
      const page = await get({ ...filter, limit: 2 });
      return names(page).join() === 'c,b' && page;
    });
    const second = await get({ ...filter, limit: 2, before: first.next_before });
    expect([names(second), second.next_before]).toEqual([['a'], null]);
    expect(names(await get({ ...filter, target: 'b' }))).toEqual(['b']);
    expect((await get({ key_id: 'nobody' })).items).toEqual([]);
  });
});

describe('confirmation of what cannot be undone', () => {
  const remove = (path: string) => (env: Readonly<Record<string, string>>, query: object) =>
    request(audited(env).app).delete(path).set('X-API-Key', keyOf('admin')).query(query);
  const purge = remove('/rabbitmq/queues/reports/purge');
  const needed = { GATEWAY_REQUIRE_CONFIRM: 'true' };

  test('a purge works without one unless the setting asks for it', async () => {
    expect((await purge({}, {})).status).toBe(200);
    expect((await purge(needed, {})).body).toMatchObject({ status: 428, code: 'CONFIRMATION_REQUIRED' });
  });

  test('it has to be the name of the queue, in any case', async () => {
    expect((await purge({}, { confirm: 'report' })).status).toBe(428);
    expect((await purge(needed, { confirm: ['reports', 'reports'] })).status).toBe(428);
    expect((await purge(needed, { confirm: 'reports' })).status).toBe(200);
  });

  test('where the route always wants one the setting does not matter', async () => {
    const drop = remove('/rabbitmq/queues/reports');
    expect((await drop({}, {})).status).toBe(428);
    expect((await drop({}, { confirm: 'reports' })).status).toBe(200);
  });
});
