import { Certificates } from '../support/certificates';
import { freePort, PrivateBroker } from '../support/private-broker';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';

let own: Certificates;
let foreign: Certificates;
let broker: PrivateBroker;
let tlsPort: number;

beforeAll(async () => {
  [own, foreign] = await Promise.all([Certificates.create(), Certificates.create()]);
  await Promise.all([own.issue('server'), own.issue('client'), foreign.issue('client')]);
  tlsPort = await freePort();
  broker = await PrivateBroker.create(() => [
    `listeners.ssl.default = 127.0.0.1:${tlsPort}`,
    `ssl_options.cacertfile = ${own.file('ca.pem')}`,
    `ssl_options.certfile = ${own.file('server.pem')}`,
    `ssl_options.keyfile = ${own.file('server.key')}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
    'ssl_options.versions.1 = tlsv1.2',
  ]);
}, 120_000);

afterAll(async () => {
  await broker.stop();
  await Promise.all([own.remove(), foreign.remove()]);
});

/** A gateway that reaches the broker over TLS with these files. */
function gatewayWith(env: Readonly<Record<string, string>>): Promise<RunningGateway> {
  return startGateway({
    CELERY_BROKER_URL: `amqps://guest:guest@localhost:${tlsPort}/`,
    RABBITMQ_TLS_CA_FILE: own.file('ca.pem'),
    ...env,
  });
}

const client = (from: Certificates): Readonly<Record<string, string>> => ({
  RABBITMQ_TLS_CERT_FILE: from.file('client.pem'),
  RABBITMQ_TLS_KEY_FILE: from.file('client.key'),
});

interface Readiness {
  readonly status: number;
  readonly text: string;
}

async function readiness(gateway: RunningGateway): Promise<Readiness> {
  const { status, body } = await gateway.call('GET', '/health/ready');
  return { status, text: JSON.stringify(body) };
}

describe('a gateway on a broker that wants TLS and client certificates', () => {
  test('is ready with its own certificate, and submits', async () => {
    const gateway = await gatewayWith(client(own));
    try {
      await until(async () => (await readiness(gateway)).status === 200, { timeoutMs: 30_000 });
      const submitted = await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add' });
      expect(submitted.status).toBe(202);
    } finally {
      await gateway.stop();
    }
  });

  test.each<readonly [string, () => Readonly<Record<string, string>>]>([
    ['without a certificate of its own', () => ({})],
    ['with a certificate of another authority', () => client(foreign)],
    [
      'that trusts another authority',
      () => ({ ...client(own), RABBITMQ_TLS_CA_FILE: foreign.file('ca.pem') }),
    ],
    ['that expects another host', () => ({ ...client(own), RABBITMQ_TLS_SERVER_NAME: 'elsewhere.example' })],
  ])('one %s starts, is not ready, and tells why without a secret', async (_which, env) => {
    const gateway = await gatewayWith(env());
    try {
      const told = await until(async () => {
        const now = await readiness(gateway);
        return now.status === 503 && /"last_error":"[^"]/.test(now.text) && now;
      });
      expect(told.text).not.toContain('guest');
      const submitted = await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add' });
      expect(submitted.status).toBe(503);
    } finally {
      await gateway.stop();
    }
  });
});
