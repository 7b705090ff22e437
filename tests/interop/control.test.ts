import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { celeryCommand, type PythonApp, runPython, startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const NODES = ['python@here', 'typescript@here'];

/** Sends one ping as Celery does and returns the `clock` header of the reply. */
const replyClock = async (url: string, destination: string): Promise<unknown> => {
  const connection = await connect(url, { noDelay: true });
  try {
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.assertExchange('reply.celery.pidbox', 'direct', { durable: false });
    await channel.bindQueue(queue, 'reply.celery.pidbox', queue);
    let clock: unknown;
    await channel.consume(queue, (message) => (clock = message?.properties.headers?.clock), { noAck: true });
    const request = {
      method: 'ping',
      arguments: {},
      destination: [destination],
      pattern: null,
      matcher: null,
      ticket: randomUUID(),
      reply_to: { exchange: 'reply.celery.pidbox', routing_key: queue },
    };
    channel.publish('celery.pidbox', '', Buffer.from(JSON.stringify(request)), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
    });
    return await until(() => clock, { what: 'the reply' });
  } finally {
    await connection.close();
  }
};

describe("Celery's own command line with a Python and a TypeScript worker", () => {
  let vhost: TestVhost;
  let app: PythonApp;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('control');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    await Promise.all([
      cleanup.stops(startPythonWorker({ ...app, queues: ['python'], name: 'python@here' })),
      cleanup.stops(startTypeScriptWorker({ ...app, queues: ['typescript'], name: 'typescript@here' })),
    ]);
  });

  afterAll(() => cleanup.run());

  it('counts both as online in status', async () => {
    const { code, stdout } = await celeryCommand(app, ['status', '--timeout=3']);

    expect(code).toBe(0);
    for (const node of NODES) expect(stdout).toMatch(new RegExp(`${node}: OK`));
    expect(stdout).toContain('2 nodes online');
  });

  it('is answered by both in inspect ping', async () => {
    const { stdout } = await celeryCommand(app, ['inspect', 'ping', '--json', '--timeout=3']);

    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(NODES.map((node) => [node, { ok: 'pong' }])));
  });

  it('shows the running task of each in inspect active, with the same keys', async () => {
    const submit = `
from interop_app import sleep
answer([sleep.apply_async((6,), queue=queue).id for queue in ('python', 'typescript')])
`;
    const [onPython, onTypeScript] = await runPython<[string, string]>(app, submit);

    const active = await until(
      async () => {
        const { stdout } = await celeryCommand(app, ['inspect', 'active', '--json', '--timeout=3']);
        const replies = JSON.parse(stdout) as Record<string, Record<string, unknown>[]>;
        return NODES.every((node) => replies[node]?.length === 1) && replies;
      },
      { what: 'one active task on each worker', timeoutMs: 8_000 },
    );

    const [python, typescript] = NODES.map((node) => active[node]?.[0] ?? {});
    expect(python).toMatchObject({ id: onPython, name: 'interop.sleep', args: [6] });
    expect(typescript).toMatchObject({
      id: onTypeScript,
      name: 'interop.sleep',
      args: [6],
      type: 'interop.sleep',
    });
    expect(new Set(Object.keys(typescript ?? {}))).toEqual(new Set(Object.keys(python ?? {})));
  });

  it('revokes a task waiting on a TypeScript worker, and its caller sees TaskRevokedError', async () => {
    const source = `
from celery.exceptions import TaskRevokedError
from interop_app import add
result = add.apply_async((1, 2), queue='typescript', countdown=3)
app.control.revoke(result.id, reply=True, timeout=2)
try:
    result.get(timeout=15)
except TaskRevokedError as error:
    answer([str(error), result.state])
`;
    await expect(runPython(app, source)).resolves.toEqual(['revoked', 'REVOKED']);
  });

  it("reads each of 300 replies of a TypeScript worker, past the numbers amqplib's own encoding breaks at", async () => {
    const source = `
inspect = app.control.inspect(destination=['typescript@here'], timeout=5)
replies = [inspect.ping() for _ in range(300)]
answer(sum(reply == {'typescript@here': {'ok': 'pong'}} for reply in replies))
`;

    await expect(runPython(app, source)).resolves.toBe(300);
    expect(await replyClock(vhost.url, 'typescript@here')).toBeGreaterThan(255);
  });
});
