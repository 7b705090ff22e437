import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AmqpConnection, type TlsOptions } from '../../../amqp';
import { freePort, PrivateBroker } from '../../support/private-broker';
import { SilentLogger } from '../../support/silent-logger';

const run = promisify(execFile);
const logger = new SilentLogger();
let directory: string;
let broker: PrivateBroker;
let tlsPort: number;

const file = (name: string): string => join(directory, name);
const pem = (name: string): Buffer => readFileSync(file(name));

const issue = async (name: string): Promise<void> => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    ...subject,
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-keyout',
    file(`${name}.key`),
    '-out',
    file(`${name}.pem`),
  ]);
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tls-'));
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=Test CA',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  ]);
  await issue('server');
  await issue('client');
  tlsPort = await freePort();
  broker = await PrivateBroker.create(() => [
    `listeners.ssl.default = 127.0.0.1:${tlsPort}`,
    `ssl_options.cacertfile = ${file('ca.pem')}`,
    `ssl_options.certfile = ${file('server.pem')}`,
    `ssl_options.keyfile = ${file('server.key')}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
  ]);
});

afterAll(async () => {
  await broker.stop();
  await rm(directory, { recursive: true, force: true });
});

const outcome = async (tls: TlsOptions): Promise<string> => {
  const urls = [`amqps://guest:guest@localhost:${tlsPort}/`];
  const connection = new AmqpConnection({ urls, name: 'tls', logger, tls });
  try {
    const failed = new Promise<string>((resolve) =>
      connection.once('connect-failed', ({ message }) => resolve(message)),
    );
    await connection.start();
    return await Promise.race([failed, connection.ready(10_000).then(() => 'connected')]);
  } finally {
    await connection.stop();
  }
};

describe('AmqpConnection over TLS', () => {
  const client = (): TlsOptions => ({ ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') });

  it('connects with the CA and a client certificate', async () => {
    expect(await outcome(client())).toBe('connected');
  });

  it('refuses a broker whose CA it does not know, or whose name is another', async () => {
    expect(await outcome({ cert: pem('client.pem'), key: pem('client.key') })).toMatch(/certificate/);
    expect(await outcome({ ...client(), servername: 'elsewhere' })).toMatch(/altnames|does not match/);
  });

  it('is refused without a client certificate', async () => {
    expect(await outcome({ ca: pem('ca.pem') })).not.toBe('connected');
  });
});
