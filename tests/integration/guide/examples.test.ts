import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as parameters from '../../../docs/guide/examples/arguments';
import { startGreeter } from '../../../docs/guide/examples/embedding';
import * as errors from '../../../docs/guide/examples/errors';
import * as eta from '../../../docs/guide/examples/eta';
import * as hooks from '../../../docs/guide/examples/hooks';
import * as lateAck from '../../../docs/guide/examples/late-ack';
import * as priorities from '../../../docs/guide/examples/priorities';
import * as progress from '../../../docs/guide/examples/progress';
import * as publishing from '../../../docs/guide/examples/publishing';
import * as rateLimits from '../../../docs/guide/examples/rate-limits';
import * as rejecting from '../../../docs/guide/examples/rejecting';
import * as retries from '../../../docs/guide/examples/retries';
import * as revoke from '../../../docs/guide/examples/revoke';
import * as sending from '../../../docs/guide/examples/sending';
import * as timeLimits from '../../../docs/guide/examples/time-limits';
import { createWorker, type TaskDefinition, type Worker } from '../../../workers';
import { CelerySession } from '../../support/celery-session';
import { Cleanup } from '../../support/cleanup';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const EXAMPLES = {
  arguments: parameters,
  errors,
  eta,
  hooks,
  'late-ack': lateAck,
  priorities,
  progress,
  publishing,
  'rate-limits': rateLimits,
  rejecting,
  retries,
  revoke,
  sending,
  'time-limits': timeLimits,
};
/**
 * Run by tests/e2e/guide.test.ts: they need processes, or Python. The client by tests/integration/client, those of canvases by
 * canvas-examples.test.ts: they need Redis. Subscribers by tests/integration/workers/subscribers.test.ts, traces by tracing-example.test.ts.
 */
const RUN_ELSEWHERE = [
  ...['client', 'cpu', 'shared-tasks', 'subscribers', 'tracing', 'worker'],
  ...['adding-to-a-chord', 'canvas', 'errbacks', 'replacing'],
];

const isTask = (value: unknown): value is TaskDefinition =>
  typeof value === 'object' && value !== null && 'invoke' in value;

describe('the examples of the guide, on a real broker', () => {
  const cleanup = new Cleanup();
  let session: CelerySession;
  let worker: Worker;
  let brokerUrl: string;
  let server: Server;
  let site: string;
  /** Requests so far, by path. */
  const requests = new Map<string, number>();

  beforeAll(async () => {
    const vhost = await createVhost('guide');
    brokerUrl = vhost.url;
    cleanup.does(() => vhost.drop());
    session = await cleanup.stops(CelerySession.open(brokerUrl));
    await session.declareWithDeadLetters('celery');
    await session.topology.declareQueue({ name: 'guide.priority', arguments: { 'x-max-priority': 10 } });
    worker = createWorker({
      tasks: Object.values(EXAMPLES).flatMap((module) => Object.values(module).filter(isTask)),
      broker: brokerUrl,
      queues: ['celery', 'guide.priority'],
      concurrency: 10,
      mingle: false,
    });
    cleanup.does(() => worker.stop());
    await worker.start();
    server = createServer((request, response) => {
      const path = request.url ?? '';
      const before = requests.get(path) ?? 0;
      requests.set(path, before + 1);
      if (path === '/never') return;
      response.writeHead(before === 0 ? 503 : 200, { 'retry-after': '0' }).end('a page');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    cleanup.does(async () => {
      server.closeAllConnections();
      server.close();
    });
  });

  afterAll(() => cleanup.run());

  /** The result of a task that succeeds. */
  const run = async (name: string, args: readonly unknown[] = [], kwargs = {}): Promise<unknown> => {
    const meta = await session.result(await session.submit(name, args, {}, kwargs));
    if (meta.status !== 'SUCCESS')
      throw new Error(`${name} ended ${meta.status}: ${JSON.stringify(meta.result)}`);
    return meta.result;
  };
  const failureOf = async (name: string, args: readonly unknown[] = []): Promise<unknown> => {
    const meta = await session.result(await session.submit(name, args));
    expect(meta.status).toBe('FAILURE');
    return meta.result;
  };

  test('each file of the folder is run by a test', () => {
    const files = readdirSync(join(__dirname, '../../../docs/guide/examples'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replace(/\.ts$/, ''));
    expect(files.sort()).toEqual([...Object.keys(EXAMPLES), 'embedding', ...RUN_ELSEWHERE].sort());
  });

  test('arguments bind as in Python, with defaults, rest and keywords', async () => {
    expect(await run('guide.resize', ['a.png'])).toEqual({
      text: 'a.png to 800 px at 80 %',
      filters: [],
      tags: [],
    });
    expect(await run('guide.resize', ['a.png', 20, 'blur', 'gray'], { quality: 5, album: 'x' })).toEqual({
      text: 'a.png to 20 px at 5 %',
      filters: ['blur', 'gray'],
      tags: ['album'],
    });
  });

  test('a schema converts arguments, and refuses what does not fit', async () => {
    expect(await run('guide.transfer', ['DE1', '250'])).toBe('2.50 € to DE1');
    expect(await failureOf('guide.transfer', ['DE1', 0])).toMatchObject({
      exc_type: 'ValueError',
      exc_module: 'builtins',
    });
  });

  test('a retry, asked for or automatic, ends well under the same id', async () => {
    const id = await session.submit('guide.fetch_page', [`${site}/page`]);
    expect((await session.result(id)).result).toBe('a page');
    // As in Celery the next run is sent before RETRY is stored, so that one without a delay may overtake it.
    await until(() => session.statesOf(id).length === 2, { what: 'both states' });
    expect(session.statesOf(id)).toEqual(expect.arrayContaining(['RETRY', 'SUCCESS']));
    expect(await run('guide.charge', [`${site}/charge`])).toBe(1);
  });

  test('a soft limit lets the task clean up, and ends a fetch by its signal', async () => {
    expect(await run('guide.report', [2])).toEqual({ done: 2, complete: true });
    const soft = { softTimeLimitSeconds: 0.2 };
    const long = await session.result(await session.submit('guide.report', [100_000], soft));
    expect(long).toMatchObject({ status: 'SUCCESS', result: { complete: false } });
    const stuck = await session.result(await session.submit('guide.download', [`${site}/never`], soft));
    expect(stuck).toMatchObject({ status: 'FAILURE', result: { exc_type: 'SoftTimeLimitExceeded' } });
  });

  test('progress is seen while the task runs', async () => {
    const id = await session.submit('guide.import_rows', [['a', 'b']]);
    expect((await session.result(id)).result).toBe(2);
    expect(session.statesOf(id)).toEqual(['PROGRESS', 'PROGRESS', 'SUCCESS']);
    expect(session.metas.get(id)?.[1]?.result).toEqual({ done: 1, of: 2 });
  });

  test('a late-acknowledged task bears being repeated', async () => {
    expect(await run('guide.pay', ['p-1'])).toBe('paid');
    expect(await run('guide.pay', ['p-1'])).toBe('paid before');
  });

  test('a rejected message goes to the dead letters, an ignored task leaves no result', async () => {
    expect(await run('guide.parse', ['{"a":1}'])).toEqual({ a: 1 });
    expect(await failureOf('guide.parse', ['{'])).toMatchObject({ exc_type: 'Reject' });
    await until(async () => (await session.depth('celery.dead')) === 1, { what: 'the dead letter' });
    const ignored = await session.submit('guide.notify', ['nobody']);
    expect(await run('guide.notify', ['ann'])).toBe('told ann');
    expect(session.statesOf(ignored)).toEqual([]);
  });

  test('errors have the Python identity they were given, or the nearest builtin', async () => {
    expect(await failureOf('guide.reserve', ['chair', 3])).toEqual({
      exc_type: 'OutOfStock',
      exc_module: 'orders.errors',
      exc_message: ['chair', 3],
    });
    expect(await failureOf('guide.square', ['four'])).toMatchObject({ exc_type: 'ValueError' });
    expect(await run('guide.square', [4])).toBe(16);
  });

  test('hooks hear of both ends', async () => {
    expect(await run('guide.invoice', [12])).toBe('invoice over 12');
    await failureOf('guide.invoice', [0]);
    await until(() => hooks.lines.length === 2, { what: 'both lines' });
    expect(hooks.lines).toEqual(
      expect.arrayContaining(['written: invoice over 12', 'failed: RangeError: nothing to pay']),
    );
  });

  test('tasks sent by a task have it as their parent', async () => {
    const id = await session.submit('guide.order', [['chair', 'table']]);
    const packing = await session.result(id);
    expect(packing.result).toHaveLength(2);
    expect(packing.children).toHaveLength(2);
    await until(() => sending.packed.length === 2, { what: 'both packed' });
    expect(sending.packed).toEqual(
      expect.arrayContaining([
        { article: 'chair', parent: id },
        { article: 'table', parent: id },
      ]),
    );
  });

  test('a published message reaches the queues bound to its exchange', async () => {
    await session.topology.ensureExchange({ name: 'guide.sales', type: 'topic' });
    await session.topology.declareQueue({ name: 'sales' });
    await session.topology.bindQueue({ queue: 'sales', exchange: 'guide.sales', routingKey: 'sale.*' });
    expect(await run('guide.announce', ['chairs'])).toBe('announced');
    expect(await session.depth('sales')).toBe(1);
  });

  test('a task with a countdown runs when its time has come', async () => {
    const id = String(await run('guide.remind', ['ann']));
    const late = await until(() => eta.mailed.get(id), { what: 'the mail' });
    expect(late).toBeGreaterThanOrEqual(0);
  });

  test('a definition says where and with which priority its task is sent; the sender may say otherwise', async () => {
    await run('guide.watch');
    await until(() => priorities.alarms.length === 2, { what: 'both alarms' });
    const queue = 'guide.priority';
    expect(priorities.alarms).toEqual(
      expect.arrayContaining([
        { what: 'smoke', priority: 9, queue },
        { what: 'a drill', priority: 1, queue },
      ]),
    );
  });

  test('a rate limit spaces the starts of a task', async () => {
    const found = (await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => run('guide.lookup', [name])),
    )) as readonly { readonly at: number }[];
    const moments = found.map(({ at }) => at).sort((a, b) => a - b);
    expect((moments[3] ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(550);
  });

  test('a revoked task never starts; a terminated one hears it and cleans up', async () => {
    const held = await session.submit('guide.stream', [], { countdownSeconds: 0.5 });
    const id = await session.submit('guide.stream');
    await until(async () => JSON.stringify(await session.ask('active', {}, [worker.nodename])).includes(id));
    await session.ask('revoke', { task_id: held }, [worker.nodename]);
    await session.ask('revoke', { task_id: id, terminate: true, signal: 'SIGTERM' }, [worker.nodename]);
    expect(await session.result(id)).toMatchObject({
      status: 'REVOKED',
      result: { exc_message: ['terminated'] },
    });
    expect(await session.result(held)).toMatchObject({
      status: 'REVOKED',
      result: { exc_message: ['revoked'] },
    });
    await until(() => revoke.closed.length > 0, { what: 'the clean-up' });
    expect(revoke.closed).toEqual([id]);
  });

  test('a worker is embedded with a command of its own', async () => {
    const greeter = await startGreeter(brokerUrl);
    cleanup.does(() => greeter.stop());
    const id = await session.submit('guide.greet', ['ann'], { queue: 'guide.greetings' });
    expect((await session.result(id)).result).toBe(`${greeter.nodename} greets ann`);
    expect(await session.ask('mood', {}, [greeter.nodename])).toEqual({
      [greeter.nodename]: { ok: 'cheerful' },
    });
  });
});
