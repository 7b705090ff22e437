import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { deflateSync, gzipSync } from 'node:zlib';
import { silentLogger, systemClock } from '../../../runtime';
import { createGateway, type Gateway } from '../../../server/bootstrap';
import { loadServerConfig } from '../../../server/config';
import { Certificates } from '../../support/certificates';
import { keyOf, storedKeys } from '../../support/gateway-app';
import { until } from '../../support/until';

const started: Gateway[] = [];

async function gatewayWith(env: Readonly<Record<string, string>> = {}): Promise<URL> {
  const config = loadServerConfig({
    GATEWAY_PORT: '0',
    GATEWAY_API_KEYS: storedKeys,
    GATEWAY_HEADERS_TIMEOUT_MS: '300',
    GATEWAY_REQUEST_TIMEOUT_MS: '600',
    GATEWAY_CONNECTIONS_CHECK_INTERVAL_MS: '50',
    ...env,
  });
  const gateway = createGateway({ config, logger: silentLogger(), clock: systemClock });
  started.push(gateway);
  for (const part of gateway.parts) await part.start();
  return new URL(gateway.http.url);
}

afterAll(async () => {
  for (const gateway of started) for (const part of [...gateway.parts].reverse()) await part.stop();
});

const submit = (
  url: URL,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> =>
  fetch(new URL('/rabbitmq/tasks/submit', url), {
    method: 'POST',
    headers: { 'X-API-Key': keyOf('submitter'), 'Content-Type': 'application/json', ...headers },
    body,
  });

/** What a raw connection is answered until it is closed. */
function raw(url: URL, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => socket.write(text));
    let received = '';
    socket.on('data', (data) => {
      received += data.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(received));
  });
}

describe('slow clients', () => {
  test('two hundred that trickle headers are closed, and others are served all the while', async () => {
    const url = await gatewayWith();
    let closed = 0;
    const sockets = Array.from({ length: 200 }, () => {
      const socket = connect(Number(url.port), url.hostname, () => socket.write('GET / HTTP/1.1\r\nX: '));
      socket.on('error', () => undefined);
      socket.once('close', () => {
        closed += 1;
      });
      socket.resume();
      return setInterval(() => socket.writable && socket.write('a'), 100);
    });
    const live = await fetch(new URL('/health/live', url));
    expect(live.status).toBe(200);
    await until(() => closed === sockets.length, { timeoutMs: 30_000 });
    for (const trickle of sockets) clearInterval(trickle);
  });

  test('a body that does not come is answered 408 and closed', async () => {
    const url = await gatewayWith();
    const head = `POST /rabbitmq/tasks/submit HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('submitter')}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    expect(await raw(url, head)).toMatch(/^HTTP\/1\.1 408/);
  });

  test('beyond the most connections one is closed at once', async () => {
    const url = await gatewayWith({ GATEWAY_MAX_CONNECTIONS: '1', GATEWAY_HEADERS_TIMEOUT_MS: '20000' });
    const held = connect(Number(url.port), url.hostname);
    held.on('error', () => undefined);
    await new Promise((resolve) => held.once('connect', resolve));
    await until(async () => (await raw(url, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')) === '');
    held.destroy();
  });
});

describe('large and compressed bodies', () => {
  /** Sending 20 MiB takes its time on a busy machine. */
  const patient = () =>
    gatewayWith({ GATEWAY_HEADERS_TIMEOUT_MS: '20000', GATEWAY_REQUEST_TIMEOUT_MS: '30000' });
  const bomb = JSON.stringify({ task_name: 'a', args: ['0'.repeat(20 * 1024 * 1024)] });

  test.each<
    readonly [string, number, () => readonly [Uint8Array<ArrayBuffer> | string, Record<string, string>]]
  >([
    [
      '20 MiB in 20 KiB of gzip',
      413,
      () => [Uint8Array.from(gzipSync(bomb)), { 'Content-Encoding': 'gzip' }],
    ],
    ['the same deflated', 413, () => [Uint8Array.from(deflateSync(bomb)), { 'Content-Encoding': 'deflate' }]],
    ['the same as it is', 413, () => [bomb, {}]],
    ['what is no gzip', 400, () => ['{}', { 'Content-Encoding': 'gzip' }]],
    ['an encoding nobody knows', 415, () => ['{}', { 'Content-Encoding': 'bzip2' }]],
    ['UTF-7', 415, () => ['{}', { 'Content-Type': 'application/json; charset=utf-7' }]],
    ['no JSON', 415, () => ['a=1', { 'Content-Type': 'application/x-www-form-urlencoded' }]],
    ['arrays in arrays, 40,000 deep', 400, () => ['['.repeat(40_000) + ']'.repeat(40_000), {}]],
  ])('%s is %i', async (_what, status, make) => {
    const [body, headers] = make();
    const response = await submit(await patient(), body, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test('a caller without a key does not get a body read', async () => {
    const url = await gatewayWith();
    const head =
      'POST /rabbitmq/tasks/submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n';
    expect(await raw(url, head)).toMatch(/^HTTP\/1\.1 401/);
  });

  test('requests that two servers would read differently are refused', async () => {
    const url = await gatewayWith();
    const both =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    const folded = 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nContent-Length : 3\r\n\r\nabc';
    for (const text of [both, folded]) expect(await raw(url, text)).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe('what an answer tells of the gateway', () => {
  test('no program, no version, no origin that may read it, and a policy that loads nothing', async () => {
    const { headers } = await fetch(new URL('/rabbitmq/tasks/x', await gatewayWith()), {
      headers: { Origin: 'https://evil.example' },
    });
    for (const name of ['x-powered-by', 'server', 'etag', 'access-control-allow-origin']) {
      expect(headers.get(name)).toBeNull();
    }
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=/);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('HTTPS', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await Certificates.create();
    await certificates.issue('server');
  });
  afterAll(() => certificates.remove());

  const env = () => ({
    GATEWAY_TLS_CERT_FILE: certificates.file('server.pem'),
    GATEWAY_TLS_KEY_FILE: certificates.file('server.key'),
  });

  test('is all that is served with a certificate', async () => {
    const url = await gatewayWith(env());
    expect(url.protocol).toBe('https:');
    const options = {
      port: url.port,
      host: 'localhost',
      family: 4,
      ca: certificates.read('ca.pem'),
      path: '/health/live',
    };
    const status = await new Promise((resolve, reject) => {
      httpsRequest(options, (res) => resolve(res.resume().statusCode))
        .once('error', reject)
        .end();
    });
    expect(status).toBe(200);
    expect(await raw(url, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')).not.toMatch(/^HTTP\/1\.1 200/);
  });

  test('TLS before 1.2 is refused', async () => {
    const url = await gatewayWith(env());
    const outcome = await new Promise((resolve) => {
      const socket = connectTls(
        {
          port: Number(url.port),
          host: url.hostname,
          rejectUnauthorized: false,
          maxVersion: 'TLSv1.1',
          minVersion: 'TLSv1',
        },
        () => resolve('connected'),
      );
      socket.once('error', () => resolve('refused'));
    });
    expect(outcome).toBe('refused');
  });

  test.each([
    ['a certificate without its key', () => ({ GATEWAY_TLS_CERT_FILE: certificates.file('server.pem') })],
    ['the key of another', () => ({ ...env(), GATEWAY_TLS_KEY_FILE: certificates.file('ca.key') })],
    ['a file that is not there', () => ({ ...env(), GATEWAY_TLS_KEY_FILE: '/nowhere' })],
  ])('%s is refused at start, by the names of the settings', async (_what, given) => {
    await expect(gatewayWith(given())).rejects.toThrow(/GATEWAY_TLS_/);
  });
});
