import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import request from 'supertest';
import { tokenPrincipal } from '../../../server/security/token-verifier';
import { keyOf, testApp } from '../../support/gateway-app';

const ISSUER = 'https://login.example';
const AUDIENCE = 'celery-gateway';
/** Messaging is off in these tests: whoever is let in is told so. */
const LET_IN = 503;

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

let pair: KeyPair;
let server: Server;
let jwksUrl: string;
let fetched = 0;

beforeAll(async () => {
  pair = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  server = createServer((_req, res) => {
    fetched += 1;
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const app = (env: Readonly<Record<string, string>> = {}) =>
  testApp({
    env: {
      GATEWAY_JWT_JWKS_URL: jwksUrl,
      GATEWAY_JWT_ISSUER: ISSUER,
      GATEWAY_JWT_AUDIENCE: AUDIENCE,
      RATE_LIMIT_FAILED_AUTH: '0',
      ...env,
    },
  }).app;

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const good = (): JWTPayload => ({
  sub: 'ada',
  iss: ISSUER,
  aud: AUDIENCE,
  exp: nowSeconds() + 600,
  scope: 'openid tasks:read',
});

function without(claim: 'exp' | 'sub'): JWTPayload {
  const { [claim]: _gone, ...rest } = good();
  return rest;
}

const sign = (payload: JWTPayload, key: KeyPair['privateKey'] = pair.privateKey): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(key);

const active = async (served: ReturnType<typeof app>, token: string): Promise<number> =>
  (await request(served).get('/rabbitmq/tasks/active').set('Authorization', `Bearer ${token}`)).status;

describe('tokens of an issuer', () => {
  test('one with the scope is let in, one without is 403; its keys are fetched once for both', async () => {
    const served = app();
    fetched = 0;
    expect(await active(served, await sign(good()))).toBe(LET_IN);
    expect(await active(served, await sign({ ...good(), scope: 'tasks:submit' }))).toBe(403);
    expect(fetched).toBe(1);
  });

  test('API keys work beside them', async () => {
    expect(await active(app(), keyOf('reader'))).toBe(LET_IN);
  });

  test.each<readonly [string, () => Promise<string>]>([
    ['of another issuer', () => sign({ ...good(), iss: 'https://evil.example' })],
    ['for another audience', () => sign({ ...good(), aud: 'billing' })],
    ['that has expired', () => sign({ ...good(), exp: nowSeconds() - 60 })],
    ['that is not good yet', () => sign({ ...good(), nbf: nowSeconds() + 600 })],
    ['that never ends', () => sign(without('exp'))],
    ['of nobody', () => sign(without('sub'))],
    ['with a subject that could break a log', () => sign({ ...good(), sub: 'a\nb' })],
    ['signed with another key', async () => sign(good(), (await generateKeyPair('ES256')).privateKey)],
    [
      'whose claims were changed',
      async () => {
        const [head, , signature] = (await sign(good())).split('.');
        const claims = Buffer.from(JSON.stringify({ ...good(), scope: 'role:admin' })).toString('base64url');
        return `${head}.${claims}.${signature}`;
      },
    ],
    [
      'without a signature',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        return `${part({ alg: 'none' })}.${part(good())}.x`;
      },
    ],
    [
      'signed with a secret that everybody knows: the public key',
      async () => {
        const secret = Buffer.from(JSON.stringify(await exportJWK(pair.publicKey)));
        return new SignJWT(good()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
      },
    ],
  ])('one %s is 401', async (_which, make) => {
    expect(await active(app(), await make())).toBe(401);
  });

  test('while the issuer cannot be reached they are 503, and API keys work', async () => {
    const served = app({ GATEWAY_JWT_JWKS_URL: 'http://127.0.0.1:1/jwks' });
    const response = await request(served)
      .get('/rabbitmq/tasks/active')
      .set('Authorization', `Bearer ${await sign(good())}`);
    expect(response.body).toMatchObject({ status: 503, code: 'IDENTITY_UNAVAILABLE' });
    expect(await active(served, keyOf('reader'))).toBe(LET_IN);
  });

  test('with a tenant claim a token without one is 401', async () => {
    const served = app({ GATEWAY_JWT_TENANT_CLAIM: 'org' });
    expect(await active(served, await sign(good()))).toBe(401);
    const foreign = await request(served)
      .get('/rabbitmq/tasks/t1')
      .set('Authorization', `Bearer ${await sign({ ...good(), org: 'acme' })}`);
    expect(foreign.body).toMatchObject({ code: 'TASK_NOT_FOUND' });
  });

  test('a configuration by half is refused at start', () => {
    expect(() => testApp({ env: { GATEWAY_JWT_JWKS_URL: jwksUrl } })).toThrow(/GATEWAY_JWT_ISSUER/);
  });
});

describe('tokenPrincipal', () => {
  const claims = { scopes: 'roles', tenant: undefined };
  test('takes roles and scopes from a list or a text, and nothing it does not know', () => {
    const of = (roles: unknown) => tokenPrincipal({ sub: 'ada', roles }, claims);
    expect(of(['role:reader', 'dlq:replay', 'root'])).toMatchObject({ id: 'jwt:ada', role: 'reader' });
    expect([...(of('tasks:submit email')?.scopes ?? [])]).toEqual(['tasks:submit']);
    expect([...(of({ admin: true })?.scopes ?? [])]).toEqual([]);
  });
});
