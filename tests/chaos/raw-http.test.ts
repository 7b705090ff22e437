import { connect } from 'node:net';
import request from 'supertest';
import { keyOf, testApp } from '../support/gateway-app';
import { type RunningGateway, startGateway } from '../support/running-gateway';

let gateway: RunningGateway;

beforeAll(async () => {
  // No broker is needed to refuse these.
  gateway = await startGateway({ CELERY_BROKER_URL: 'amqp://127.0.0.1:1/' });
});
afterAll(() => gateway.stop());

/** What a connection is answered, to its end. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.end(text));
    let received = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(received));
  });
}

const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');
const host = 'Host: x';
const key = `X-API-Key: ${keyOf('admin')}`;

test.each<readonly [string, number, string]>([
  ['a header of 20 KB', 431, get('/health/live', host, `X: ${'a'.repeat(20_000)}`)],
  ['no Host', 400, get('/health/live')],
  ['a length and chunks', 400, get('/health/live', host, 'Content-Length: 4', 'Transfer-Encoding: chunked')],
  ['two lengths', 400, get('/health/live', host, 'Content-Length: 4', 'Content-Length: 5')],
  ['an expectation nobody meets', 417, get('/health/live', host, 'Expect: tea')],
  ['a bad escape in the path', 400, get('/rabbitmq/tasks/%zz', host, key)],
  ['a method nobody knows', 400, `BREW / HTTP/1.1\r\n${host}\r\n\r\n`],
  ['no HTTP', 400, '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
])('%s is %i, and the next request is served', async (_what, status, text) => {
  expect((await raw(text)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  expect((await gateway.call('GET', '/health/live')).status).toBe(200);
});

describe('addresses that a caller claims', () => {
  /** What callers with a wrong key are answered, one after the other. */
  const tried = async (env: Readonly<Record<string, string>>, claimed: (attempt: number) => string) => {
    const { app } = testApp({ env: { RATE_LIMIT_FAILED_AUTH: '3', ...env } });
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1)
      statuses.push(
        (await request(app).get('/rabbitmq/tasks/t1').set('X-Forwarded-For', claimed(attempt))).status,
      );
    return statuses;
  };

  test.each<readonly [string, Readonly<Record<string, string>>, (attempt: number) => string, number[]]>([
    ['without a proxy, whatever is claimed', {}, (n) => `10.0.0.${n}`, [401, 401, 401, 429, 429]],
    [
      'behind one proxy, what the proxy itself saw and not what it was told',
      { TRUST_PROXY: '1' },
      (n) => `10.0.0.${n}, 192.0.2.7`,
      [401, 401, 401, 429, 429],
    ],
    [
      'behind one proxy, each address for itself',
      { TRUST_PROXY: '1' },
      (n) => `192.0.2.${n}`,
      Array(5).fill(401),
    ],
  ])('%s', async (_what, env, claimed, statuses) => {
    expect(await tried(env, claimed)).toEqual(statuses);
  });
});
