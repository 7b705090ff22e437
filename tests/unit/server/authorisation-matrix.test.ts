import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RouteDefinition } from '../../../server/http/route';
import { SCOPES, type Scope } from '../../../server/security/scopes';
import { testApp } from '../../support/gateway-app';
import { createKeyFile, type TestKeyFile } from '../../support/key-file';

/** A key that names a task or a queue which nobody has. */
const ELSEWHERE = ['nowhere.*'];

let file: TestKeyFile;
let server: Server;
let url: string;
let routes: readonly RouteDefinition[];
const keyWith = new Map<Scope, string>();
let everything: string;
let tenantKey: string;
let limitedKey: string;
let queueKey: string;

beforeAll(async () => {
  file = createKeyFile();
  for (const scope of SCOPES) keyWith.set(scope, file.add(scope.replace(':', ''), { scopes: [scope] }));
  everything = file.add('everything', { scopes: SCOPES });
  tenantKey = file.add('tenant', { scopes: SCOPES, tenant: 'acme' });
  limitedKey = file.add('limited', { scopes: SCOPES, tasks: ELSEWHERE, queues: ELSEWHERE });
  queueKey = file.add('queue', { scopes: SCOPES, queues: ['x'] });
  const unlimited = ['READS', 'SUBMITS', 'ADMIN', 'FAILED_AUTH'].map((name) => [`RATE_LIMIT_${name}`, '0']);
  const { app, routes: mounted } = testApp({ env: { ...file.env, ...Object.fromEntries(unlimited) } });
  routes = mounted;
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  file.remove();
});

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
}

/** Calls a route up to its first headers; what it streams is not read. */
async function call(route: RouteDefinition, key: string | undefined, body?: unknown): Promise<Answer> {
  const path = route.path.replace(/:\w+/g, 'x').replace(/\*\w+/g, 'x');
  const response = await fetch(url + path, {
    method: route.method.toUpperCase(),
    headers: {
      ...(key === undefined ? {} : { 'X-API-Key': key }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  if (!isProblem) await response.body?.cancel();
  const problem = isProblem ? ((await response.json()) as { code: string }) : undefined;
  return { status: response.status, code: problem?.code };
}

const named = ({ method, path }: RouteDefinition): string => `${method.toUpperCase()} ${path}`;

/** The routes of which a statement does not hold. */
async function failing(
  chosen: readonly RouteDefinition[],
  holds: (route: RouteDefinition) => Promise<boolean>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const route of chosen) if (!(await holds(route))) wrong.push(named(route));
  return wrong;
}

describe('every mounted route', () => {
  const guarded = () => routes.filter(({ scope }) => scope !== null);

  test('there are some, and those open to everybody are few and harmless', () => {
    expect(guarded().length).toBeGreaterThan(10);
    const open = routes.filter(({ scope, method }) => scope === null && method !== 'get');
    expect(open.map(named)).toEqual([]);
  });

  test('without a key it is 401 exactly where it names a scope', async () => {
    const wrong = await failing(routes, async (route) => {
      const { status } = await call(route, undefined);
      return (status === 401) === (route.scope !== null);
    });
    expect(wrong).toEqual([]);
  });

  test.each(SCOPES)('a key with nothing but %s is let in exactly where that is the scope', async (scope) => {
    const wrong = await failing(guarded(), async (route) => {
      const { code } = await call(route, keyWith.get(scope));
      return (code === 'FORBIDDEN') === (route.scope !== scope);
    });
    expect(wrong).toEqual([]);
  });

  test('the key of a tenant gets 404 for what is not its own, and 403 where nothing tells whose it is', async () => {
    const unchecked = guarded().filter(({ checksLimits }) => checksLimits !== true);
    const wrong = await failing(unchecked, async (route) => {
      const { status, code } = await call(route, tenantKey);
      return route.path.includes('/:task_id') ? code === 'TASK_NOT_FOUND' : status === 403;
    });
    expect(wrong).toEqual([]);
  });

  test('a key limited to tasks and queues is refused where the path names others, or none', async () => {
    const unchecked = guarded().filter(({ checksLimits }) => checksLimits !== true);
    const wrong = await failing(unchecked, async (route) => {
      const { status, code } = await call(route, limitedKey);
      return route.path.includes('/:task_id') ? code === 'TASK_NOT_FOUND' : status === 403;
    });
    expect(wrong).toEqual([]);
  });

  test('a key limited to queues is held to them in bodies too, and open to no stream of unknown names', async () => {
    const byQueue = guarded().filter(
      ({ path, checksLimits }) => path.includes('/:queue_name') && checksLimits !== true,
    );
    const bodies = byQueue.filter(({ body }) => body === 'json');
    const streams = byQueue.filter(({ body }) => body === 'stream');
    const elsewhere = { filter: {}, to: { queue_name: 'payroll' } };
    for (const given of [elsewhere, { exchange: 'amq.fanout' }, { edits: [{ queue: 'payroll' }] }]) {
      const wrong = await failing(
        bodies,
        async (route) => (await call(route, queueKey, given)).status === 403,
      );
      expect(wrong).toEqual([]);
    }
    expect(await failing(streams, async (route) => (await call(route, queueKey)).status === 403)).toEqual([]);
  });

  test('where the handler checks by itself, the example of its own description is refused to a limited key', async () => {
    const checking = guarded().filter(
      ({ checksLimits, body, api }) =>
        checksLimits === true && body === 'json' && /"task_name"/.test(JSON.stringify(api.example)),
    );
    expect(checking.map(({ api }) => api.operationId)).toContain('submitTask');
    const wrong = await failing(checking, async (route) => {
      const { status } = await call(route, limitedKey, route.api.example);
      return status === 403;
    });
    expect(wrong).toEqual([]);
  });

  test('a key with every scope is refused nowhere for what it is', async () => {
    const wrong = await failing(guarded(), async (route) => {
      const { status, code } = await call(route, everything);
      return status !== 401 && code !== 'FORBIDDEN';
    });
    expect(wrong).toEqual([]);
  });
});
