import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { AmqpConnection, type TlsOptions } from '../../../amqp';
import { Certificates } from '../../support/certificates';
import { freePort, PrivateBroker } from '../../support/private-broker';
import { SilentLogger } from '../../support/silent-logger';

const logger = new SilentLogger();
let certificates: Certificates;
let broker: PrivateBroker;
let tlsPort: number;

beforeAll(async () => {
  certificates = await Certificates.create();
  await Promise.all([certificates.issue('server'), certificates.issue('client')]);
  tlsPort = await freePort();
  broker = await PrivateBroker.create(() => [
    `listeners.ssl.default = 127.0.0.1:${tlsPort}`,
    `ssl_options.cacertfile = ${certificates.file('ca.pem')}`,
    `ssl_options.certfile = ${certificates.file('server.pem')}`,
    `ssl_options.keyfile = ${certificates.file('server.key')}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
  ]);
});

afterAll(async () => {
  await broker.stop();
  await certificates.remove();
});

const outcome = async (tls: TlsOptions, port = tlsPort): Promise<string> => {
  const urls = [`amqps://guest:guest@localhost:${port}/`];
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
  const pem = (name: string): Buffer => certificates.read(name);
  const client = (): TlsOptions => ({ ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') });

  it('connects with the CA and a client certificate', async () => {
    expect(await outcome(client())).toBe('connected');
  });

  it('refuses a broker whose CA it does not know, or whose name is another', async () => {
    expect(await outcome({ cert: pem('client.pem'), key: pem('client.key') })).toMatch(/certificate/);
    expect(await outcome({ ...client(), servername: 'elsewhere' })).toMatch(/altnames|does not match/);
  });

  it('refuses a broker whose certificate has expired', async () => {
    await certificates.issueExpired('expired');
    // The certificate is looked at before the first byte of AMQP, so whoever shows it will do.
    const server = createServer({ cert: pem('expired.pem'), key: pem('expired.key') }).listen(0, 'localhost');
    await once(server, 'listening');
    try {
      expect(await outcome(client(), (server.address() as AddressInfo).port)).toMatch(
        /certificate has expired/,
      );
    } finally {
      server.close();
    }
  });

  it('is refused without a client certificate', async () => {
    expect(await outcome({ ca: pem('ca.pem') })).not.toBe('connected');
  });
});
