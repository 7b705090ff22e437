import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { keyOf } from '../../support/gateway-app';
import { depth, post, ready } from '../../support/gateway-requests';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const BATCH = '/rabbitmq/tasks/batch';

let vhost: TestVhost;
let one: RunningGateway;
let two: RunningGateway;

const start = async (env: Readonly<Record<string, string>> = {}): Promise<RunningGateway> => {
  const gateway = await startGateway({ CELERY_BROKER_URL: vhost.url, ...env });
  await ready(gateway);
  return gateway;
};

const add = (queue: string, ...args: readonly unknown[]) => ({ task_name: 'tasks.add', args, queue });

beforeAll(async () => {
  vhost = await createVhost('batch');
  [one, two] = await Promise.all([start(), start({ PUBLISHER_MAX_IN_FLIGHT: '20' })]);
});

afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await vhost.drop();
});

/** Sends lines and gives the lines of the answer. */
async function stream(
  gateway: RunningGateway,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly lines: readonly Readonly<Record<string, unknown>>[] }> {
  const response = await fetch(`${gateway.url}${BATCH}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keyOf('submitter')}`,
      'content-type': 'application/x-ndjson',
      ...headers,
    },
    body: text,
  });
  const body = await response.text();
  return {
    status: response.status,
    lines: body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

const ndjson = (items: readonly unknown[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');

describe('a batch as JSON', () => {
  test('of thousands is accepted task by task, in its order', async () => {
    const queue = `q-${randomUUID()}`;
    const ids = Array.from({ length: 2000 }, () => randomUUID());
    const tasks = ids.map((task_id, index) => ({ ...add(queue, index), task_id }));
    const answer = await post(one, BATCH, { tasks });
    expect([answer.status, answer.body.accepted, answer.body.refused]).toEqual([202, 2000, 0]);
    expect(answer.body.results).toEqual(ids.map((task_id) => ({ task_id })));
    expect(await depth(one, queue)).toBe(2000);
  });

  test('larger than the cap of the publisher is no reason to refuse any of it', async () => {
    const queue = `q-${randomUUID()}`;
    const batches = await Promise.all(
      Array.from({ length: 3 }, () =>
        post(two, BATCH, { tasks: Array.from({ length: 200 }, (_each, index) => add(queue, index)) }),
      ),
    );
    expect(batches.map(({ status, body }) => [status, body.accepted])).toEqual([
      [202, 200],
      [202, 200],
      [202, 200],
    ]);
    expect(await depth(one, queue)).toBe(600);
  });

  test('with mistakes in it is 207: each is a problem at its place, the others are sent', async () => {
    const queue = `q-${randomUUID()}`;
    const tasks = [add(queue, 1), { task_name: 'x', priority: '1' }, add('amq.x'), add(queue, 2)];
    const answer = await post(one, BATCH, { tasks });
    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      accepted: 2,
      refused: 2,
      results: [
        { task_id: expect.any(String) },
        {
          problem: {
            status: 400,
            code: 'REQUEST_INVALID',
            instance: `${BATCH}#/tasks/1`,
            errors: [{ pointer: '/priority' }],
          },
        },
        { problem: { status: 403, code: 'NAME_NOT_ALLOWED', errors: [{ pointer: '/queue' }] } },
        { task_id: expect.any(String) },
      ],
    });
    expect(await depth(one, queue)).toBe(2);
  });

  test('that is atomic sends nothing when one task would be refused, and points to all that would', async () => {
    const queue = `q-${randomUUID()}`;
    const tasks = [add(queue, 1), { task_name: '1x' }, add(queue, 2), { task_name: 'x', args: {} }];
    const answer = await post(one, BATCH, { tasks, atomic: true });
    expect(answer.body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/tasks/1/task_name' }, { pointer: '/tasks/3/args' }],
    });
    const named = await post(one, BATCH, { tasks: [add(queue, 1), add('amq.x')], atomic: true });
    expect(named.body).toMatchObject({ status: 403, errors: [{ pointer: '/tasks/1/queue' }] });
    const header = { ...add(queue), headers: { lang: 'x' } };
    const told = await post(one, BATCH, { tasks: [header], atomic: true });
    expect(told.body).toMatchObject({ status: 400, errors: [{ pointer: '/tasks/0/headers/lang' }] });
    expect(await depth(one, queue)).toBe(0);
    expect((await post(one, BATCH, { tasks: [add(queue, 1)], atomic: true })).status).toBe(202);
    expect(await depth(one, queue)).toBe(1);
  });

  test('with an Idempotency-Key is sent once, and its long answer given again by another replica', async () => {
    const queue = `q-${randomUUID()}`;
    const body = { tasks: Array.from({ length: 100 }, (_each, index) => add(queue, index)) };
    const headers = { 'idempotency-key': queue };
    const first = await post(one, BATCH, body, { headers });
    const again = await post(two, BATCH, body, { headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect((await post(two, BATCH, { tasks: [add(queue)] }, { headers })).status).toBe(422);
    expect(await depth(one, queue)).toBe(100);
  });

  test.each([
    ['{"tasks":[]}', 400],
    ['{}', 400],
    ['[', 400],
  ])('%s is refused as a whole', async (body, status) => {
    expect((await post(one, BATCH, body)).status).toBe(status);
  });
});

describe('a batch as NDJSON', () => {
  test('is answered line by line, in order, with a summary at the end', async () => {
    const queue = `q-${randomUUID()}`;
    const ids = Array.from({ length: 1500 }, () => randomUUID());
    const { status, lines } = await stream(
      one,
      ndjson(ids.map((task_id) => ({ ...add(queue, 1), task_id }))),
    );
    expect(status).toBe(207);
    expect(lines.slice(0, -1)).toEqual(ids.map((task_id, index) => ({ line: index + 1, task_id })));
    expect(lines.at(-1)).toEqual({ summary: { accepted: 1500, refused: 0, complete: true } });
    expect(await depth(one, queue)).toBe(1500);
  });

  test('tells the line of each mistake and goes on', async () => {
    const queue = `q-${randomUUID()}`;
    const good = JSON.stringify(add(queue, 1));
    const long = JSON.stringify(add(queue, 'x'.repeat(300_000)));
    const { lines } = await stream(one, `${good}\r\n\n{"task_name":\n${long}\n{"task_name":1}\n${good}`);
    expect(lines).toMatchObject([
      { line: 1, task_id: expect.any(String) },
      { line: 3, problem: { code: 'BODY_MALFORMED', instance: `${BATCH}#line=3` } },
      { line: 4, problem: { code: 'BODY_TOO_LARGE' } },
      { line: 5, problem: { code: 'REQUEST_INVALID', errors: [{ pointer: '/task_name' }] } },
      { line: 6, task_id: expect.any(String) },
      { summary: { accepted: 2, refused: 3, complete: true } },
    ]);
    expect(await depth(one, queue)).toBe(2);
  });

  test('repeated with its Idempotency-Key sends only what was not sent', async () => {
    const queue = `q-${randomUUID()}`;
    const key = { 'idempotency-key': queue };
    const tasks = Array.from({ length: 40 }, (_each, index) => add(queue, index));
    const part = await stream(one, ndjson(tasks.slice(0, 25)), key);
    // The other replica learns of them from the record.
    await until(async () => {
      const known = await two.call('GET', `/rabbitmq/tasks/${String(part.lines[24]?.task_id)}`);
      return known.status === 200;
    });
    const all = await stream(two, ndjson(tasks), key);
    expect(all.lines.slice(0, 25)).toEqual(part.lines.slice(0, 25));
    expect(all.lines.at(-1)).toMatchObject({ summary: { accepted: 40, complete: true } });
    expect(await depth(one, queue)).toBe(40);
  });

  test('of a caller that goes away in the middle keeps what was read, and the gateway goes on', async () => {
    const queue = `q-${randomUUID()}`;
    const { hostname, port } = new URL(one.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST ${BATCH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keyOf('submitter')}\r\n` +
        'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const line = `${JSON.stringify(add(queue, 1))}\n`;
    const half = '{"task_name":"tasks.a';
    socket.write(`${Buffer.byteLength(line + half).toString(16)}\r\n${line}${half}\r\n`);
    await until(async () => (await depth(one, queue)) === 1, { timeoutMs: 30_000 });
    socket.destroy();
    expect((await stream(one, ndjson([add(queue, 2)]))).lines.at(-1)).toMatchObject({
      summary: { accepted: 1 },
    });
    expect(await depth(one, queue)).toBe(2);
  });

  test('while the gateway stops ends with a summary that says so', async () => {
    const queue = `q-${randomUUID()}`;
    const stopping = await start({ GATEWAY_DRAIN_DELAY_MS: '200' });
    const { hostname, port } = new URL(stopping.url);
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    const line = `${JSON.stringify(add(queue, 1))}\n`;
    socket.write(
      `POST ${BATCH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keyOf('submitter')}\r\n` +
        'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n' +
        `${Buffer.byteLength(line).toString(16)}\r\n${line}\r\n`,
    );
    await until(() => received.includes('"line":1'), { timeoutMs: 30_000 });
    await stopping.stop();
    expect(received).toContain('"complete":false');
    expect(received).toContain('SHUTTING_DOWN');
    socket.destroy();
    expect(await depth(one, queue)).toBe(1);
  });
});
