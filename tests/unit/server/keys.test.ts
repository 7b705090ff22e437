import { readFileSync } from 'node:fs';
import request from 'supertest';
import { SCOPES } from '../../../server/security/scopes';
import { keyOf, testApp } from '../../support/gateway-app';
import { createKeyFile, type TestKeyFile } from '../../support/key-file';

let file: TestKeyFile;
let app: ReturnType<typeof testApp>['app'];

beforeEach(() => {
  file = createKeyFile();
  app = testApp({ env: { ...file.env, RATE_LIMIT_ADMIN: '0' } }).app;
});
afterEach(() => file.remove());

const admin = { 'X-API-Key': keyOf('admin') };
const create = (body: object, headers: Record<string, string> = admin) =>
  request(app).post('/rabbitmq/keys').set(headers).send(body);
const activeWith = async (key: string): Promise<number> =>
  (await request(app).get('/rabbitmq/tasks/active').set('Authorization', `Bearer ${key}`)).status;

/** Messaging is off in these tests: whoever is let in is told so. */
const LET_IN = 503;

describe('/rabbitmq/keys', () => {
  test('a key that is made works at once; the file and later answers hold nothing of its secret', async () => {
    const { status, headers, body } = await create({ id: 'ci', role: 'reader', description: 'tests' });
    expect([status, headers.location]).toEqual([201, '/rabbitmq/keys/ci']);
    expect(body).toMatchObject({
      id: 'ci',
      env: 'live',
      role: 'reader',
      scopes: ['tasks:read'],
      tenant: null,
    });
    expect(body.key).toMatch(/^ck_live_ci_[A-Za-z0-9_-]{43}$/);
    expect(await activeWith(body.key)).toBe(LET_IN);
    const secret = body.key.slice('ck_live_ci_'.length);
    expect(readFileSync(file.path, 'utf8')).not.toContain(secret);
    const listed = await request(app).get('/rabbitmq/keys').set(admin);
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    const items: { id: string }[] = listed.body.items;
    expect(items.find(({ id }) => id === 'ci')).toMatchObject({
      managed: true,
      last_used_at: expect.stringMatching(/Z$/),
      description: 'tests',
    });
    expect(items.find(({ id }) => id === 'reader')).toMatchObject({ managed: false, last_used_at: null });
  });

  test('rotated, the old secret is good for the overlap; without one it ends at once', async () => {
    const { body: first } = await create({ id: 'ci', role: 'reader' });
    const rotate = (seconds: number) =>
      request(app).post('/rabbitmq/keys/ci/rotate').set(admin).send({ overlap_seconds: seconds });
    const { body: second } = await rotate(60);
    expect([await activeWith(first.key), await activeWith(second.key)]).toEqual([LET_IN, LET_IN]);
    expect(second.old_secret_expires_at).toMatch(/Z$/);
    const { body: third } = await rotate(0);
    const statuses = await Promise.all([first.key, second.key, third.key].map(activeWith));
    expect(statuses).toEqual([401, 401, LET_IN]);
  });

  test('revoked, it is refused at once and stays in the list', async () => {
    const { body } = await create({ id: 'ci', role: 'reader' });
    const revoked = await request(app).delete('/rabbitmq/keys/ci').set(admin);
    expect(revoked.body.revoked_at).toMatch(/Z$/);
    expect(await activeWith(body.key)).toBe(401);
    const again = await request(app).delete('/rabbitmq/keys/ci').set(admin);
    expect(again.body.revoked_at).toBe(revoked.body.revoked_at);
  });

  test('a second key of one id is 409, an unknown id 404, a key of the environment cannot be changed', async () => {
    await create({ id: 'ci', role: 'reader' });
    expect((await create({ id: 'ci', role: 'reader' })).body).toMatchObject({
      status: 409,
      code: 'KEY_EXISTS',
    });
    expect((await create({ id: 'admin', role: 'reader' })).body).toMatchObject({ code: 'KEY_EXISTS' });
    const remove = (id: string) => request(app).delete(`/rabbitmq/keys/${id}`).set(admin);
    expect((await remove('nobody')).body).toMatchObject({ status: 404, code: 'KEY_NOT_FOUND' });
    expect((await remove('reader')).body).toMatchObject({ status: 409, code: 'KEYS_READ_ONLY' });
  });

  test('nobody makes, or takes over, a key that may do more than their own', async () => {
    const manager = { 'X-API-Key': file.add('boss', { scopes: ['keys:manage', 'tasks:read'] }) };
    file.add('strong', { role: 'admin' });
    app = testApp({ env: file.env }).app;
    expect((await create({ role: 'reader' }, manager)).status).toBe(201);
    expect((await create({ role: 'submitter' }, manager)).body).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect((await create({ scopes: ['audit:read'] }, manager)).status).toBe(403);
    const rotated = await request(app).post('/rabbitmq/keys/strong/rotate').set(manager).send({});
    expect(rotated.status).toBe(403);
    expect((await request(app).delete('/rabbitmq/keys/strong').set(manager)).status).toBe(403);
  });

  test.each([
    ['neither a role nor scopes', {}],
    ['an unknown scope', { scopes: ['root'] }],
    ['an unknown field', { role: 'reader', admin: true }],
    ['a tenant that could break a header', { role: 'reader', tenant: 'a\nb' }],
    ['no queue at all', { role: 'reader', queues: [] }],
    ['a time that is none', { role: 'reader', expires_at: 'soon' }],
  ])('%s is 400', async (_what, body) => {
    expect((await create(body)).body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });

  test('without a key file it says where keys would be kept', async () => {
    app = testApp().app;
    expect((await create({ role: 'reader' })).body).toMatchObject({ status: 409, code: 'KEYS_READ_ONLY' });
  });

  test('each scope can be given alone', async () => {
    for (const scope of SCOPES) {
      const { body } = await create({ scopes: [scope] });
      expect(body.scopes).toEqual([scope]);
    }
  });
});
