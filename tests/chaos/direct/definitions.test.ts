import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { freePort, PrivateBroker } from '../../support/private-broker';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';

const START_MS = 120_000;
const WAIT_MS = 60_000;

type Item = Readonly<Record<string, unknown>> & { readonly name: string };

let broker: PrivateBroker;
let port: number;
let source: RunningGateway;
let target: RunningGateway;

/** A gateway on a virtual host of its own. */
async function gatewayOf(vhost: string): Promise<RunningGateway> {
  const created = await fetch(`http://127.0.0.1:${port}/api/vhosts/${vhost}`, {
    method: 'PUT',
    headers: { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` },
  });
  expect(created.status).toBe(201);
  const gateway = await startGateway({
    CELERY_BROKER_URL: `${broker.url}${vhost}`,
    RABBITMQ_MANAGEMENT_URL: `http://guest:guest@127.0.0.1:${port}`,
    RATE_LIMIT_ADMIN: '100000',
  });
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, {
    timeoutMs: WAIT_MS,
    what: `the gateway of ${vhost} being ready`,
  });
  return gateway;
}

const exported = async (gateway: RunningGateway) =>
  (await gateway.call('GET', '/rabbitmq/definitions')).body as Readonly<Record<string, readonly Item[]>>;

const imported = (body: unknown, query = '') => target.call('POST', `/rabbitmq/definitions${query}`, body);

/** The listings of the management API follow within moments. */
const exports = (gateway: RunningGateway, expected: unknown) =>
  until(async () => isDeepStrictEqual(await exported(gateway), expected), {
    timeoutMs: WAIT_MS,
    intervalMs: 200,
    what: 'the export',
  });

const queue = (name: string, args: object = {}) => ({
  name,
  durable: true,
  auto_delete: false,
  arguments: args,
});
const exchange = (name: string, type: string) => ({
  name,
  type,
  durable: true,
  auto_delete: false,
  internal: false,
  arguments: {},
});
const binding = (from: string, to: string, key: string, type = 'queue', args: object = {}) => ({
  source: from,
  destination: to,
  destination_type: type,
  routing_key: key,
  arguments: args,
});

/** What a Celery project with priorities and dead letters has, and some more. */
const TOPOLOGY = {
  queues: [
    queue('celery', { 'x-max-priority': 5, 'x-dead-letter-exchange': 'dead-letters' }),
    queue('celery.dead'),
    queue('reports', { 'x-single-active-consumer': true }),
    queue('tickets.log', { 'x-queue-type': 'stream' }),
  ],
  exchanges: [exchange('celery', 'direct'), exchange('dead-letters', 'topic'), exchange('kinds', 'headers')],
  bindings: [
    binding('amq.topic', 'reports', 'reports.#'),
    binding('celery', 'celery', 'celery'),
    binding('celery', 'dead-letters', 'dead', 'exchange'),
    binding('dead-letters', 'celery.dead', '#'),
    binding('kinds', 'reports', '', 'queue', { kind: 'report', 'x-match': 'all' }),
  ],
  policies: [
    {
      name: 'limits',
      pattern: '^reports$',
      'apply-to': 'queues',
      priority: 1,
      definition: { 'ha-mode': 'nodes', 'ha-params': ['rabbit@elsewhere'], 'max-length': 1000 },
    },
  ],
};

beforeAll(async () => {
  port = await freePort();
  const settings = [`management.tcp.port = ${port}`, 'management.tcp.ip = 127.0.0.1'];
  broker = await PrivateBroker.create(() => settings, ['rabbitmq_management']);
  [source, target] = await Promise.all([gatewayOf('source'), gatewayOf('target')]);
}, START_MS);

afterAll(async () => {
  await Promise.all([source.stop(), target.stop()]);
  await broker.stop();
}, WAIT_MS);

test(
  'what single routes declared is exported whole, and nothing of what gateways declare for themselves',
  async () => {
    expect(await exported(source)).toEqual({ queues: [], exchanges: [], bindings: [], policies: [] });
    const call = (method: string, path: string, body: object) =>
      source.call(method, `/rabbitmq/${path}`, body).then(({ status }) => expect(status).toBe(200));
    for (const { name: queue_name, arguments: args } of TOPOLOGY.queues)
      await call('POST', 'queues/declare', { queue_name, arguments: args });
    for (const { name, type } of TOPOLOGY.exchanges)
      await call('POST', 'exchanges/declare', { exchange: name, type });
    for (const each of TOPOLOGY.bindings) await call('POST', 'bindings/bind', each);
    for (const { name, 'apply-to': apply_to, ...policy } of TOPOLOGY.policies)
      await call('PUT', `policies/${name}`, { apply_to, ...policy });
    await exports(source, TOPOLOGY);
  },
  WAIT_MS,
);

test(
  'a queue that is there with other arguments is told, before and after; all else is imported',
  async () => {
    const there = queue('celery', { 'x-max-priority': 3 });
    await target.call('POST', '/rabbitmq/queues/declare', {
      queue_name: there.name,
      arguments: there.arguments,
    });
    const document = await exported(source);
    const problem = { pointer: '/queues/0', code: 'PRECONDITION_FAILED' };

    const dry = await imported(document, '?dry_run=true');
    expect(dry.body).toMatchObject({
      dry_run: true,
      declared: { queues: 3, exchanges: 3, bindings: 5, policies: 1 },
      problems: [problem],
    });
    await exports(target, { queues: [there], exchanges: [], bindings: [], policies: [] });

    const { body } = await imported(document);
    expect(body).toMatchObject({
      dry_run: false,
      declared: { queues: 3, exchanges: 3, bindings: 5, policies: 1 },
      existing: { queues: 0, exchanges: 0, bindings: 0, policies: 0 },
      ignored: [],
      problems: [problem],
    });
    const [told] = body.problems as readonly { readonly detail: string }[];
    expect(told?.detail).toMatch(/celery exists with other settings: x-.* asked for was/);
    await exports(target, { ...TOPOLOGY, queues: [there, ...TOPOLOGY.queues.slice(1)] });
  },
  WAIT_MS,
);

test(
  'once the queue in the way is gone, both virtual hosts export the same',
  async () => {
    await target.call('DELETE', '/rabbitmq/queues/celery');
    const { body } = await imported(await exported(source));
    expect(body).toMatchObject({
      // Its binding went with the queue.
      declared: { queues: 1, exchanges: 0, bindings: 1, policies: 0 },
      existing: { queues: 3, exchanges: 3, bindings: 4, policies: 1 },
      problems: [],
    });
    await exports(target, TOPOLOGY);
  },
  WAIT_MS,
);

test(
  'what rabbitmqctl export_definitions wrote of one virtual host is imported into another',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'definitions-'));
    const file = join(folder, 'definitions.json');
    const document = await broker
      .ctl('export_definitions', file)
      .then(async () => JSON.parse(await readFile(file, 'utf8')) as object)
      .finally(() => rm(folder, { recursive: true }));
    expect(await imported(document)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    const { body } = await imported(document, '?vhost=source');
    expect(body).toMatchObject({
      declared: { queues: 0, exchanges: 0, bindings: 0, policies: 0 },
      existing: { queues: 4, exchanges: 3, bindings: 5, policies: 1 },
      problems: [],
    });
    const ignored = (body.ignored as readonly { readonly pointer: string }[]).map(({ pointer }) => pointer);
    expect(ignored).toEqual(expect.arrayContaining(['/users', '/vhosts', '/permissions']));
    await exports(target, TOPOLOGY);
  },
  WAIT_MS,
);

test(
  'an exchange of a type this broker does not have ends the connection of declares, not the import',
  async () => {
    const { body } = await imported({
      exchanges: [exchange('delayed', 'x-delayed-message'), exchange('after', 'fanout')],
      queues: [queue('after')],
      bindings: [binding('after', 'after', ''), binding('delayed', 'after', '')],
    });
    expect(body).toMatchObject({
      declared: { exchanges: 1, queues: 1, bindings: 1, policies: 0 },
      problems: [
        { pointer: '/exchanges/0', code: 'COMMAND_INVALID' },
        { pointer: '/bindings/1', code: 'EXCHANGE_NOT_FOUND' },
      ],
    });
  },
  WAIT_MS,
);
