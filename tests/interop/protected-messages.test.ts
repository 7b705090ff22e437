import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { AmqpConsumer, type HeaderTable } from '../../amqp';
import { loadProtection } from '../../celery';
import { createWorker, defineTask, type Worker } from '../../workers';
import { Certificates } from '../support/certificates';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { DirectSession } from '../support/direct-session';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { SilentLogger } from '../support/silent-logger';
import { until } from '../support/until';

const WAIT_MS = 120_000;
const SECRET = 'the-secret-text';
const SETTINGS = {
  CELERY_SECURITY_DIGEST: 'sha256',
  CELERY_SECURITY_FORMAT: '5.5',
  CELERY_ACCEPT_UNPROTECTED: false,
} as const;

const shout = defineTask('interop.add', { params: ['x', 'y'] }, (_context, { x, y }) => `${x}${y}!`);

interface Side {
  readonly session: DirectSession;
  readonly app: PythonApp;
  readonly worker: Worker;
  readonly python: TestProcess;
}

/** A gateway, a Python and a TypeScript worker, all with the same settings. */
async function start(cleanup: Cleanup, label: string, env: Readonly<Record<string, string>>): Promise<Side> {
  const session = await DirectSession.open(label, env);
  cleanup.does(() => session.close());
  await session.declare('typescript.dead');
  const folders = ['tests/fixtures/python', 'workers/python'].map((folder) => join(process.cwd(), folder));
  const app: PythonApp = {
    brokerUrl: session.vhost.url,
    app: 'protected_app',
    env: { ...env, PYTHONPATH: folders.join(':') },
    ...(env.CELERY_RESULT_BACKEND === undefined ? {} : { resultBackend: env.CELERY_RESULT_BACKEND }),
  };
  const worker = createWorker({
    broker: session.vhost.url,
    resultBackend: env.CELERY_RESULT_BACKEND ?? 'rpc://',
    queues: ['typescript'],
    tasks: [shout],
    taskEvents: true,
    protection: loadProtection({ ...SETTINGS, ...env }, Date.now),
    protectsResults: true,
    deadLetterExchange: '',
    deadLetterRoutingKey: 'typescript.dead',
    mingle: false,
  });
  cleanup.does(() => worker.stop());
  const [python] = await Promise.all([
    cleanup.stops(startPythonWorker({ ...app, queues: ['python'], extraArgs: ['--without-mingle'] })),
    worker.start(),
  ]);
  return { session, app, worker, python };
}

async function submitted(side: Side, queue: string, args: readonly unknown[]): Promise<unknown> {
  const task = { task_name: 'interop.add', args, queue };
  const { body } = await side.session.post('tasks/submit', task);
  const answer = await side.session.get(`tasks/${body.task_id}?wait=30`);
  return answer.body.result;
}

const BOTH_FROM_PYTHON = `
def ask(queue):
    return app.send_task('interop.add', ('${SECRET}', '?'), queue=queue).get(timeout=30)
answer([ask('python'), ask('typescript')])
`;

const PING = 'answer(sorted((app.control.inspect(timeout=10, limit=2).ping() or {}).keys()))';

/** The gateway, Python and the two workers hear each other's remote control, and the gateway their events. */
async function eachOtherHeard(side: Side): Promise<void> {
  const names = await runPython<string[]>(side.app, PING);
  expect(names).toHaveLength(2);
  const online = await until(
    async () => {
      const { body } = await side.session.get('workers');
      const workers = body.workers as readonly { hostname: string; online: boolean }[];
      return workers.length === 2 && workers.every(({ online: isOnline }) => isOnline) && body;
    },
    { timeoutMs: 30_000, what: 'the events of both workers' },
  );
  expect(online).toMatchObject({ no_reply: [] });
  const ping = await side.session.post('workers/ping', { workers: 'all' });
  expect(ping.body).toMatchObject({ outcomes: [{ status: 'ok' }, { status: 'ok' }], no_reply: [] });
}

describe('encrypted messages', () => {
  const cleanup = new Cleanup();
  const events: string[] = [];
  let side: Side;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'encryption-'));
    cleanup.does(() => rm(folder, { recursive: true }));
    const keys = ['new', 'old'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
    const file = join(folder, 'keys');
    await writeFile(file, keys.join('\n'), { mode: 0o600 });
    side = await start(cleanup, 'encrypted', { CELERY_ENCRYPTION_KEYS_FILE: file });
    const { session } = side;
    await session.declare('watched');
    await session.topology.bindQueue({ queue: 'watched', exchange: 'celeryev', routingKey: '#' });
    const consumer = new AmqpConsumer({
      connection: await session.connect(),
      queue: 'watched',
      prefetch: 0,
      noAck: true,
      onDelivery: ({ content }) => events.push(content.toString()),
      logger: new SilentLogger(),
    });
    cleanup.does(() => consumer.stop());
    await consumer.start();
  }, WAIT_MS);

  afterAll(() => cleanup.run());

  test(
    'go from the gateway and from Python to both workers and their results back, and no event tells what is in them',
    async () => {
      expect(await submitted(side, 'python', [SECRET, '.'])).toBe(`${SECRET}.`);
      expect(await submitted(side, 'typescript', [SECRET, '.'])).toBe(`${SECRET}.!`);
      expect(await runPython(side.app, BOTH_FROM_PYTHON)).toEqual([`${SECRET}?`, `${SECRET}?!`]);

      const succeeded = (): number => events.join().match(/"type": ?"task-succeeded"/g)?.length ?? 0;
      await until(() => succeeded() >= 4, {
        timeoutMs: 30_000,
        what: 'the events of both workers',
      });
      expect(events.join()).toContain('(encrypted)');
      expect(events.join()).not.toContain(SECRET);
      expect(side.python.output).not.toContain(SECRET);
    },
    WAIT_MS,
  );

  test(
    'are refused by both workers where they were moved to another task, or are plain',
    async () => {
      const { session } = side;
      await session.declare('waiting');
      await session.post('tasks/submit', {
        task_name: 'interop.add',
        args: [SECRET, '.'],
        queue: 'waiting',
      });
      await session.awaits('waiting', 1);
      const raw = await session.connect().then(async (connection) => {
        const channel = await connection.openChannel();
        const message = await channel.get('waiting', { noAck: true });
        await channel.close();
        return message === false ? undefined : message;
      });
      expect(raw?.content.toString()).not.toContain(SECRET);
      expect(raw?.properties.headers).toMatchObject({
        argsrepr: '(encrypted)',
        kwargsrepr: '(encrypted)',
      });
      for (const queue of ['python', 'typescript']) {
        await session.publisher.publish({
          exchange: '',
          routingKey: queue,
          content: raw?.content ?? Buffer.alloc(0),
          properties: {
            contentType: raw?.properties.contentType,
            contentEncoding: 'utf-8',
            headers: { ...(raw?.properties.headers as HeaderTable), id: 'another' },
          },
        });
        await session.sendTask(queue, `plain-${queue}`, 'interop.add', [1, 2]);
      }
      await session.awaits('typescript.dead', 2);
      await until(
        () => /cannot be decrypted/.test(side.python.output) && /is not encrypted/.test(side.python.output),
        { timeoutMs: 30_000, what: 'both refusals' },
      );
      await session.awaits('python', 0);
      const reasons = (await session.messages('typescript.dead')).map(
        (letter) => (letter.dead_letter as { reason: string }).reason,
      );
      expect(reasons).toEqual(['protection_failed', 'protection_failed']);
    },
    WAIT_MS,
  );

  test('leave remote control and events to all', () => eachOtherHeard(side), WAIT_MS);
});

describe('encrypted results on Redis', () => {
  const cleanup = new Cleanup();
  let side: Side;
  let redis: Redis;

  beforeAll(async () => {
    redis = new Redis(testRedisUrl());
    cleanup.does(() => redis.quit());
    const [young, old] = ['young', 'old'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
    side = await start(cleanup, 'encrypted-redis', {
      CELERY_ENCRYPTION_KEYS: `${young},${old}`,
      CELERY_RESULT_BACKEND: testRedisUrl(),
    });
  }, WAIT_MS);

  afterAll(() => cleanup.run());

  test(
    'of both workers are read by the gateway and by Python, and Redis holds no word of them',
    async () => {
      const source = `
calls = [app.send_task('interop.add', ('${SECRET}', '?'), queue=queue) for queue in ('python', 'typescript')]
answer([[call.id, call.get(timeout=30)] for call in calls])
`;
      const answers = await runPython<[string, string][]>(side.app, source);
      expect(answers.map(([, result]) => result)).toEqual([`${SECRET}?`, `${SECRET}?!`]);
      for (const [id, result] of answers) {
        const stored = await redis.get(`celery-task-meta-${id}`);
        expect(JSON.parse(stored ?? '')).toMatchObject({ kid: 'young', type: 'application/json' });
        expect(stored).not.toContain(SECRET);
        const { body } = await side.session.get(`tasks/${id}`);
        expect(body).toMatchObject({ status: 'SUCCESS', result });
      }
      expect(await submitted(side, 'python', [SECRET, '.'])).toBe(`${SECRET}.`);
      expect(await submitted(side, 'typescript', [SECRET, '.'])).toBe(`${SECRET}.!`);
    },
    WAIT_MS,
  );

  test(
    'of a task that fails keep its error from Redis, and tell it to who has the key',
    async () => {
      const { body } = await side.session.post('tasks/submit', {
        task_name: 'interop.fail',
        args: [SECRET],
        queue: 'python',
      });
      const answer = await side.session.get(`tasks/${body.task_id}?wait=30`);
      expect(answer.body.status).toBe('FAILURE');
      expect(JSON.stringify(answer.body.error)).toContain(SECRET);
      expect(await redis.get(`celery-task-meta-${body.task_id}`)).not.toContain(SECRET);
    },
    WAIT_MS,
  );
});

describe("messages signed with Celery's auth serializer", () => {
  const cleanup = new Cleanup();
  let side: Side;

  beforeAll(async () => {
    const files = await Certificates.create();
    cleanup.does(() => files.remove());
    await files.issue('fleet');
    side = await start(cleanup, 'signed', {
      CELERY_SECURITY_KEY: files.file('fleet.key'),
      CELERY_SECURITY_CERTIFICATE: files.file('fleet.pem'),
      CELERY_SECURITY_CERT_STORE: files.file('fleet.pem'),
    });
  }, WAIT_MS);

  afterAll(() => cleanup.run());

  test(
    'are read and answered by both workers, and plain ones refused',
    async () => {
      expect(await submitted(side, 'python', ['a', 'b'])).toBe('ab');
      expect(await submitted(side, 'typescript', ['a', 'b'])).toBe('ab!');
      expect(await runPython(side.app, BOTH_FROM_PYTHON)).toEqual([`${SECRET}?`, `${SECRET}?!`]);

      await side.session.sendTask('typescript', 'plain', 'interop.add', [1, 2]);
      await side.session.awaits('typescript.dead', 1);
    },
    WAIT_MS,
  );

  test('have signed remote control and events beside them', () => eachOtherHeard(side), WAIT_MS);
});
