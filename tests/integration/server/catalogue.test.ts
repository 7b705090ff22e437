import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorker, defineTask, type Worker } from '../../../workers';
import { post, ready } from '../../support/gateway-requests';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const SUBMIT = '/rabbitmq/tasks/submit';
const ADD = {
  type: 'object',
  properties: {
    args: { type: 'array', prefixItems: [{ type: 'integer' }, { $ref: 'count' }], minItems: 1, items: false },
    kwargs: { type: 'object', properties: { note: { type: 'string' } }, additionalProperties: false },
  },
};
const COUNT = { $id: 'count', type: 'integer', minimum: 0 };

let vhost: TestVhost;
let folder: string;
let gateway: RunningGateway;
let worker: Worker;

const put = (name: string, schema: unknown): Promise<void> =>
  writeFile(join(folder, name), typeof schema === 'string' ? schema : JSON.stringify(schema));

beforeAll(async () => {
  vhost = await createVhost('catalogue');
  folder = await mkdtemp(join(tmpdir(), 'schemas-'));
  await put('t.add.json', ADD);
  await put('t.count.json', COUNT);
  gateway = await startGateway({
    CELERY_BROKER_URL: vhost.url,
    TASK_SCHEMAS_DIR: folder,
    TASK_SCHEMAS_RELOAD_SECONDS: '1',
  });
  worker = createWorker({
    tasks: [
      defineTask('t.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
      defineTask('t.limited', { params: [], rateLimit: '10/s' }, () => null),
    ],
    broker: vhost.url,
    hostname: 'cataloguer@%h',
    mingle: false,
  });
  await Promise.all([ready(gateway), worker.start()]);
});

afterAll(async () => {
  await worker.stop();
  await gateway.stop();
  await vhost.drop();
  await rm(folder, { recursive: true });
});

const submit = (args: readonly unknown[], kwargs: object = {}) =>
  post(gateway, SUBMIT, { task_name: 't.add', args, kwargs });

test('the catalogue lists what workers know and what has a schema', async () => {
  const tasks = await until(
    async () => {
      const { body } = await gateway.call('GET', '/rabbitmq/catalogue');
      const listed = body.tasks as readonly {
        readonly task_name: string;
        readonly workers: readonly string[];
      }[];
      return listed.some(({ workers }) => workers.length > 0) ? listed : undefined;
    },
    { timeoutMs: 30_000 },
  );
  const worked = [expect.stringMatching(/^cataloguer@/)];
  expect(tasks).toEqual(
    expect.arrayContaining([
      { task_name: 't.add', workers: worked, schema: ADD },
      { task_name: 't.limited', workers: worked, schema: null },
      { task_name: 't.count', workers: [], schema: COUNT },
    ]),
  );
});

test('arguments that do not fit are refused before anything is sent, with a pointer to each', async () => {
  const answer = await submit(['1', -1, 2], { note: 1, other: 2 });
  expect(answer.body).toMatchObject({ status: 400, code: 'ARGUMENTS_INVALID' });
  const pointers = (answer.body.errors as readonly { readonly pointer: string }[]).map(
    ({ pointer }) => pointer,
  );
  expect(pointers.sort()).toEqual(['/args', '/args/0', '/args/1', '/kwargs/note', '/kwargs/other']);
  expect((await submit([1, 2], { note: 'n' })).status).toBe(202);
  expect((await post(gateway, SUBMIT, { task_name: 't.limited', args: ['x'] })).status).toBe(202);
});

test('a callback that takes no result, and a task of a batch, are checked as well', async () => {
  const link = [{ task_name: 't.add', args: ['no'], immutable: true }];
  const linked = await post(gateway, SUBMIT, { task_name: 't.limited', link });
  expect(linked.body).toMatchObject({ code: 'ARGUMENTS_INVALID', errors: [{ pointer: '/link/0/args/0' }] });
  const batch = await post(gateway, '/rabbitmq/tasks/batch', {
    tasks: [{ task_name: 't.add', args: [] }],
    atomic: true,
  });
  expect(batch.body).toMatchObject({ code: 'ARGUMENTS_INVALID', errors: [{ pointer: '/tasks/0/args' }] });
});

test('the folder is read anew when it changes; a schema that cannot be used changes nothing', async () => {
  await put('t.add.json', { type: 'object', properties: { args: { maxItems: 0 } } });
  await until(async () => (await submit([1, 2])).status === 400, { timeoutMs: 30_000 });
  await put('t.add.json', '{');
  await put('t.other.json', { type: 'nothing' });
  expect((await submit([1, 2])).status).toBe(400);
  await rm(join(folder, 't.other.json'));
  await put('t.add.json', ADD);
  await until(async () => (await submit([1, 2])).status === 202, { timeoutMs: 30_000 });
});

test('a gateway does not start with a schema that cannot be used', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'schemas-'));
  await writeFile(join(broken, 't.x.json'), '{"type": "nothing"}');
  try {
    await expect(startGateway({ RABBITMQ_ENABLED: 'false', TASK_SCHEMAS_DIR: broken })).rejects.toThrow(
      't.x.json',
    );
  } finally {
    await rm(broken, { recursive: true });
  }
});
