import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Channel, connect } from 'amqplib';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { celeryCommand, REPOSITORY, startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

const run = promisify(execFile);
const USERS = ['gateway', 'control', 'worker'] as const;
type User = (typeof USERS)[number];

const prefix = `least-${randomUUID().slice(0, 8)}-`;
const password = randomUUID();
const cleanup = new Cleanup();
let vhost: TestVhost;
let gateway: GatewayProcess;

/** The vhost's URL as one of the users. */
function urlOf(user: User): string {
  const url = new URL(vhost.url);
  url.username = prefix + user;
  url.password = password;
  return url.toString();
}

/** Imports definitions by standard input: the broker's own user need not be able to read a file of ours. */
async function imported(definitions: string): Promise<void> {
  const [command = '', ...args] = (process.env.TEST_RABBITMQCTL ?? 'rabbitmqctl').split(' ');
  const child = run(command, [...args, '-q', 'import_definitions']);
  child.child.stdin?.end(definitions);
  await child;
}

/** What the broker answers to one act of a user: `allowed`, or the code it closed the channel with. */
async function attempt(user: User, act: (channel: Channel) => Promise<unknown>): Promise<string> {
  const connection = await connect(urlOf(user));
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createChannel();
    const closed = new Promise<string>((resolve) => {
      channel.on('error', (error: { code?: number }) => resolve(String(error.code)));
    });
    const done = act(channel)
      .then(() => channel.checkExchange('amq.direct'))
      .then(
        () => 'allowed',
        (error: { code?: number }) => String(error.code),
      );
    return await Promise.race([done, closed]);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

beforeAll(async () => {
  vhost = await createVhost('least');
  cleanup.does(() => vhost.drop());
  const passwords = USERS.map((user) => [`RABBITMQ_${user.toUpperCase()}_PASSWORD`, password]);
  const { stdout } = await run(
    process.execPath,
    [
      join(REPOSITORY, 'deploy', 'rabbitmq', 'definitions.mjs'),
      ...['--vhost', vhost.name, '--prefix', prefix, '--queues', 'typescript,python'],
    ],
    { env: { ...process.env, ...Object.fromEntries(passwords) } },
  );
  await imported(stdout);
  for (const user of USERS) cleanup.does(() => rabbitmqctl('delete_user', prefix + user));
  // An operator's queue, with what nobody of the three may touch.
  const own = await connect(vhost.url);
  const channel = await own.createChannel();
  await channel.assertQueue('payroll');
  await own.close();
  const workers = { brokerUrl: urlOf('worker') };
  [, , gateway] = await Promise.all([
    cleanup.stops(startTypeScriptWorker({ ...workers, queues: ['typescript'], name: 'typescript@here' })),
    cleanup.stops(startPythonWorker({ ...workers, queues: ['python'], name: 'python@here' })),
    cleanup.stops(
      GatewayProcess.start({
        brokerUrl: urlOf('gateway'),
        env: { RABBITMQ_MANAGEMENT_ENABLED: 'false', CELERY_TASK_CREATE_MISSING_QUEUES: 'false' },
      }),
    ),
  ]);
}, 120_000);

afterAll(() => cleanup.run());

describe('under the users of deploy/rabbitmq', () => {
  it.each(['typescript', 'python'])(
    'a task runs on the %s worker and its result comes back',
    async (queue) => {
      const taskId = await gateway.submit({ task_name: 'interop.add', args: [2, 3], queue });
      await expect(gateway.result(taskId)).resolves.toMatchObject({ status: 'SUCCESS', result: 5 });
      // Who ran it is told by an event, which may come after the result.
      await until(async () => (await gateway.result(taskId)).worker === `${queue}@here`);
    },
  );

  it('workers are asked what they run, and take revokes', async () => {
    const { body } = await until(async () => {
      const answer = await gateway.request<{ workers: object }>('GET', '/rabbitmq/tasks/active');
      return Object.keys(answer.body.workers).length === 2 && answer;
    });
    expect(new Set(Object.keys(body.workers))).toEqual(new Set(['python@here', 'typescript@here']));
    const revoked = await gateway.request('DELETE', `/rabbitmq/tasks/${randomUUID()}`);
    expect(revoked.status).toBe(200);
  });

  it('Celery inspects the workers as the control user, which cannot submit', async () => {
    const app = { brokerUrl: urlOf('control') };
    const { stdout } = await celeryCommand(app, ['inspect', 'ping', '--timeout', '5']);
    expect(stdout).toContain('python@here');
    expect(stdout).toContain('typescript@here');
    expect(
      await attempt('control', async (channel) => channel.publish('', 'python', Buffer.from('{}'))),
    ).toBe('403');
  });

  it.each<readonly [User, string, (channel: Channel) => Promise<unknown>]>([
    ['gateway', 'read task messages', (channel) => channel.get('python')],
    ['gateway', 'consume a task queue', (channel) => channel.consume('typescript', () => undefined)],
    ['gateway', 'purge a task queue', (channel) => channel.purgeQueue('python')],
    ['gateway', 'delete a task queue', (channel) => channel.deleteQueue('python')],
    ['gateway', 'declare a queue of any name', (channel) => channel.assertQueue('anything')],
    ['gateway', 'read the mail of workers', (channel) => channel.get('python@here.celery.pidbox')],
    [
      'gateway',
      'write through another exchange',
      async (channel) => channel.publish('amq.fanout', '', Buffer.from('')),
    ],
    ['worker', "read the gateway's results", (channel) => channel.get('celery-gateway.results')],
    ['worker', "delete the gateway's record", (channel) => channel.deleteQueue('celery-gateway.submissions')],
    ['worker', 'read a queue of others', (channel) => channel.get('payroll')],
    ['worker', 'declare a queue of any name', (channel) => channel.assertQueue('anything')],
    ['control', 'read task messages', (channel) => channel.get('python')],
    ['control', 'purge a task queue', (channel) => channel.purgeQueue('python')],
    ['control', 'read the results', (channel) => channel.get('celery-gateway.results')],
  ])('the %s user cannot %s', async (user, _what, act) => {
    expect(await attempt(user, act)).toBe('403');
  });

  it('no user reaches another vhost', async () => {
    const elsewhere = new URL(urlOf('gateway'));
    elsewhere.pathname = '/%2f';
    await expect(connect(elsewhere.toString())).rejects.toThrow();
  });
});
