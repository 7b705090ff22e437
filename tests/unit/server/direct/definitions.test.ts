import request from 'supertest';
import { ConnectionError, QueueError } from '../../../../amqp';
import {
  DefinitionNames,
  ExportService,
  ImportService,
  type ImportServiceDeps,
} from '../../../../server/definitions';
import { declareCommandOf } from '../../../../server/definitions/commands';
import { NamePolicy } from '../../../../server/messaging';
import { keyOf, testApp } from '../../../support/gateway-app';

const names = new DefinitionNames(new NamePolicy([]));
const { app } = testApp();

const post = (query: string, body: object) =>
  request(app).post(`/rabbitmq/definitions${query}`).set('X-API-Key', keyOf('admin')).send(body);

describe('POST /rabbitmq/definitions', () => {
  test('checks the whole document first, and names each place', async () => {
    const { status, body } = await post('', {
      queues: [{ name: 'a' }, { name: 'b', durable: 'yes' }, { name: 'c', arguments: { limit: 1 } }],
      exchanges: [{ name: 'x', type: 'No Type' }],
      bindings: [{ source: 'x', destination: 'a', destination_type: 'stream' }],
      policies: [{ name: 'p', pattern: '^a$', definition: {} }],
    });
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/bindings/0/destination_type',
      '/exchanges/0/type',
      '/policies/0/definition',
      '/queues/1/durable',
      '/queues/2/arguments/limit',
    ]);
  });

  test('names what it does not import, and says nothing of what is empty', async () => {
    const { status, body } = await post('', {
      rabbit_version: '3.10.8',
      permissions: [],
      users: [{ name: 'guest' }],
      queues: [{ name: 'celery@host.celery.pidbox', durable: false }],
      exchanges: [{ name: '', type: 'direct' }],
      bindings: [{ source: '', destination: 'a' }],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ declared: { queues: 0, exchanges: 0, bindings: 0 }, problems: [] });
    expect(body.ignored.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/users',
      '/queues/0',
      '/exchanges/0',
      '/bindings/0',
    ]);
  });

  test('a document of several virtual hosts needs the one that is meant', async () => {
    const ofTwo = {
      queues: [
        { name: 'amq.a', vhost: '/' },
        { name: 'b', vhost: 'other' },
      ],
    };
    const { status, body } = await post('', ofTwo);
    expect([status, body.errors[0].pointer]).toEqual([400, 'vhost']);
    const chosen = await post('?vhost=%2F', ofTwo);
    expect(chosen.body.ignored).toEqual([
      { pointer: '/queues/0', detail: 'is an internal name' },
      { pointer: '/queues/1', detail: 'is of another virtual host' },
    ]);
  });

  test('what is no fault of an item fails the call', async () => {
    const { status, body } = await post('', { queues: [{ name: 'a' }] });
    expect([status, body.code]).toEqual([503, 'MESSAGING_DISABLED']);
  });
});

test('GET /rabbitmq/definitions needs the management API', async () => {
  const { status, body } = await request(app).get('/rabbitmq/definitions').set('X-API-Key', keyOf('admin'));
  expect([status, body.code]).toEqual([501, 'MANAGEMENT_NOT_CONFIGURED']);
});

const definitions = {
  queues: [
    { name: 'a', durable: true, auto_delete: false, arguments: {} },
    { name: 'b', type: 'quorum', durable: true, auto_delete: false, arguments: {} },
  ],
  exchanges: [
    { name: 'x', type: 'topic', durable: true, auto_delete: false, internal: false, arguments: {} },
  ],
  bindings: [
    { source: 'x', destination: 'b', destination_type: 'queue' as const, routing_key: '#', arguments: {} },
    { source: 'y', destination: 'b', destination_type: 'queue' as const, routing_key: '#', arguments: {} },
  ],
  policies: [
    { name: 'p', pattern: '^a$', 'apply-to': 'queues', priority: 0, definition: { 'max-length': 1 } },
  ],
};

/** An import into a virtual host that has the queue a only. */
function importer(refusal?: Error) {
  const asked: string[] = [];
  const tell =
    <T>(what: string, nameOf: (given: T) => string) =>
    async (given: T): Promise<never> => {
      asked.push(`${what} ${nameOf(given)}`);
      if (refusal !== undefined && nameOf(given) === 'a') throw refusal;
      return undefined as never;
    };
  const deps: ImportServiceDeps = {
    queues: { declare: tell('queue', ({ name }) => name) },
    exchanges: { declare: tell('exchange', ({ name }) => name) },
    bindings: { bind: tell('binding', ({ source }) => source) },
    policies: {
      put: tell<string>('policy', (name) => name),
      check: () => ({}) as never,
    },
    topology: {
      queueStatus: async (name) => (name === 'a' ? ({} as never) : null),
      exchangeExists: async () => false,
    },
    management: {
      queue: async () => ({
        name: 'a',
        durable: true,
        auto_delete: false,
        arguments: { 'x-max-priority': 5 },
      }),
      exchange: async () => null,
      bindings: async () => definitions.bindings.slice(1),
      policies: async () => [],
    },
    names,
  };
  return { service: new ImportService(deps), asked };
}

test('exchanges come before queues, then bindings and policies; what one is refused for keeps none from the rest', async () => {
  const different = new QueueError('PRECONDITION_FAILED', 'The queue a exists with other settings.');
  const { service, asked } = importer(different);
  const imported = await service.import({ definitions, vhost: undefined, dryRun: false });
  expect(asked).toEqual(['exchange x', 'queue a', 'queue b', 'binding x', 'binding y', 'policy p']);
  expect(imported).toEqual({
    dryRun: false,
    declared: { exchanges: 1, queues: 1, bindings: 1, policies: 1 },
    existing: { exchanges: 0, queues: 0, bindings: 1, policies: 0 },
    ignored: [],
    problems: [{ pointer: '/queues/0', code: 'PRECONDITION_FAILED', detail: different.message }],
  });
});

test('a broker that is away ends the import: the next item would meet it too', async () => {
  const away = new ConnectionError('BROKER_UNREACHABLE', 'away', { retryable: true });
  const { service, asked } = importer(away);
  await expect(service.import({ definitions, vhost: undefined, dryRun: false })).rejects.toBe(away);
  expect(asked).not.toContain('binding x');
});

test('a dry run changes nothing and tells what would be refused', async () => {
  const { service, asked } = importer();
  const imported = await service.import({ definitions, vhost: undefined, dryRun: true });
  expect(asked).toEqual([]);
  expect(imported.problems).toEqual([
    {
      pointer: '/queues/0',
      code: 'PRECONDITION_FAILED',
      detail: 'The queue a exists with other settings: x-max-priority is 5, asked for was none.',
    },
    { pointer: '/bindings/1', code: 'EXCHANGE_NOT_FOUND', detail: 'There is no exchange y.' },
  ]);
  expect(imported.declared).toEqual({ exchanges: 1, queues: 1, bindings: 1, policies: 1 });
});

test('a type that stands beside the arguments is one of them, unless they tell it or it is the usual one', () => {
  const queue = { name: 'q', durable: true, auto_delete: false };
  const argumentsWith = (type: string, given: object) =>
    declareCommandOf({ ...queue, type, arguments: { ...given } }).arguments;
  expect(argumentsWith('quorum', {})).toEqual({ 'x-queue-type': 'quorum' });
  expect(argumentsWith('quorum', { 'x-queue-type': 'stream' })).toEqual({ 'x-queue-type': 'stream' });
  expect(argumentsWith('classic', {})).toEqual({});
});

test('an export goes through all pages, leaves out what is internal or exclusive with its bindings, and is sorted', async () => {
  const queues = Array.from({ length: 501 }, (_, index) => ({ name: `q${index}` }));
  const pages = [
    [...queues.slice(0, 499), { name: 'amq.gen-1' }],
    [...queues.slice(499), { name: 'mine', exclusive: true }],
  ];
  const binding = { source: 'x', destination_type: 'queue', routing_key: '' };
  const service = new ExportService({
    management: {
      queues: async ({ page }) => ({ items: pages[page - 1] ?? [], total_count: 503, filtered_count: 503 }),
      exchanges: async () => ({
        items: [
          { name: '', type: 'direct' },
          { name: 'x', type: 'fanout' },
        ],
        total_count: 2,
        filtered_count: 2,
      }),
      bindings: async () =>
        ['q1', 'mine', 'amq.gen-1', 'q0'].map((destination) => ({ ...binding, destination })),
      policies: async () => [],
    },
    names,
  });
  const exported = await service.export();
  expect(exported.queues).toHaveLength(501);
  expect(exported.queues[0]).toEqual({ name: 'q0', durable: true, auto_delete: false, arguments: {} });
  expect(exported.exchanges.map(({ name }) => name)).toEqual(['x']);
  expect(exported.bindings.map(({ destination }) => destination)).toEqual(['q0', 'q1']);
});
