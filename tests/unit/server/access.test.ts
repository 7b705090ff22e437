import request from 'supertest';
import { ROLES, type Role } from '../../../server/security/scopes';
import { keyOf, testApp } from '../../support/gateway-app';

interface Row {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  /** Least role; null is open. */
  readonly role: Role | null;
}

const ROUTES: readonly Row[] = [
  { method: 'get', path: '/health/live', role: null },
  { method: 'get', path: '/health/ready', role: null },
  { method: 'get', path: '/rabbitmq/tasks/active', role: 'reader' },
  { method: 'get', path: '/rabbitmq/tasks/t1', role: 'reader' },
  { method: 'delete', path: '/rabbitmq/tasks/t1', role: 'submitter' },
  { method: 'post', path: '/rabbitmq/tasks/submit', role: 'submitter' },
  { method: 'post', path: '/rabbitmq/messages/publish', role: 'admin' },
  { method: 'post', path: '/rabbitmq/queues/declare', role: 'admin' },
  { method: 'get', path: '/rabbitmq/queues/q/info', role: 'admin' },
  { method: 'delete', path: '/rabbitmq/queues/q/purge', role: 'admin' },
];

const { app } = testApp({ env: { RATE_LIMIT_FAILED_AUTH: '0' } });
const call = ({ method, path }: Row) => request(app)[method](path);

describe.each(ROUTES)('$method $path', (row) => {
  test('without a key it is open or 401', async () => {
    const response = await call(row);
    expect(response.status === 401).toBe(row.role !== null);
    if (row.role !== null) expect(response.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  test.each(ROLES)('a %s key is let in exactly where its role suffices', async (role) => {
    const response = await call(row).set('X-API-Key', keyOf(role));
    const needed = row.role === null ? -1 : ROLES.indexOf(row.role);
    expect(response.status === 403).toBe(ROLES.indexOf(role) < needed);
    expect(response.status).not.toBe(401);
  });
});

describe('the gate', () => {
  test.each(['Bearer nonsense', 'Basic YTpi', 'Bearer', `Bearer ${keyOf('admin')}x`])(
    'the authorization "%.20s" is 401 with the same body as any other',
    async (authorization) => {
      const { body } = await request(app).get('/rabbitmq/tasks/t1').set('Authorization', authorization);
      expect(body).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
        detail: 'The API key is missing or not valid.',
      });
    },
  );

  test('one address that keeps trying is 429, whatever X-Forwarded-For it claims', async () => {
    const limited = testApp({ env: { RATE_LIMIT_FAILED_AUTH: '3' } }).app;
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const response = await request(limited)
        .get('/rabbitmq/tasks/t1')
        .set('X-Forwarded-For', `10.0.0.${attempt}`);
      statuses.push(response.status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });

  test('a key that is used too often is 429 with Retry-After; another key is not', async () => {
    const limited = testApp({ env: { RATE_LIMIT_REQUESTS: '2' } }).app;
    const get = (role: Role) => request(limited).get('/rabbitmq/tasks/active').set('X-API-Key', keyOf(role));
    const first = await get('reader');
    expect(first.headers.ratelimit).toMatch(/^"reads";r=1;t=\d+$/);
    expect(first.headers['ratelimit-policy']).toBe('"reads";q=2;w=60');
    await get('reader');
    const refused = await get('reader');
    expect(refused.body).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await get('submitter')).status).not.toBe(429);
  });

  test('admin routes have a limit of their own', async () => {
    const limited = testApp({ env: { RATE_LIMIT_ADMIN_REQUESTS: '1' } }).app;
    const get = (path: string) => request(limited).get(path).set('X-API-Key', keyOf('admin'));
    await get('/rabbitmq/queues/q/info');
    expect((await get('/rabbitmq/queues/q/info')).status).toBe(429);
    expect((await get('/rabbitmq/tasks/active')).status).toBe(503);
  });
});

describe('paths and methods', () => {
  test('an unknown path is a 404 problem', async () => {
    expect((await request(app).get('/nowhere')).body).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND' });
  });

  test.each([
    ['/rabbitmq/tasks/submit', 'put', 'POST'],
    ['/rabbitmq/tasks/active', 'post', 'GET, HEAD'],
    ['/health/live', 'delete', 'GET, HEAD'],
  ] as const)('%s does not take %s and says what it takes', async (path, method, allow) => {
    const response = await request(app)[method](path);
    expect(response.body).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(response.headers.allow).toBe(allow);
  });

  test('without RABBITMQ_MANAGEMENT_ENABLED there are no queue and message routes', async () => {
    const plain = testApp({ env: { RABBITMQ_MANAGEMENT_ENABLED: 'false' } }).app;
    for (const row of ROUTES.filter(({ role }) => role === 'admin')) {
      const response = await request(plain)[row.method](row.path).set('X-API-Key', keyOf('admin'));
      expect(response.status).toBe(404);
    }
  });

  test('messaging switched off is 503 MESSAGING_DISABLED, and readiness says so with 200', async () => {
    const response = await request(app).get('/rabbitmq/tasks/active').set('X-API-Key', keyOf('reader'));
    expect(response.body).toMatchObject({ status: 503, code: 'MESSAGING_DISABLED' });
    const ready = await request(app).get('/health/ready');
    expect([ready.status, ready.body.status]).toEqual([200, 'messaging_disabled']);
  });
});

describe('headers', () => {
  test('a harmless request id is kept, another is replaced', async () => {
    const get = (id: string) => request(app).get('/health/live').set('X-Request-Id', id);
    expect((await get('abc-1')).headers['x-request-id']).toBe('abc-1');
    expect((await get('a b"{}')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('answers allow nothing to a page, tell no server and cannot be read from other sites', async () => {
    const { headers } = await request(app).get('/health/live').set('Origin', 'https://evil.example');
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('etag');
  });
});
