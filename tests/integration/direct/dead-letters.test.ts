import { DirectSession } from '../../support/direct-session';
import { keyOf } from '../../support/gateway-app';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('dead-letters', { GATEWAY_CELERY_QUEUES: 'orders,ledger' });
}, WAIT_MS);

afterAll(() => session.close());

/** Lets the first messages of a queue die there, as a worker that rejects them would. */
async function reject(queue: string, count: number): Promise<void> {
  const channel = await (await session.connect()).openChannel();
  for (let index = 0; index < count; index += 1) {
    const message = await channel.get(queue);
    if (message !== false) channel.nack(message, false, false);
  }
  await channel.close();
}

const replay = (queue: string, body: object) => session.post(`dead-letters/${queue}/replay`, body);

test('one call sets a queue up; what is rejected or expires is listed with why, where from and when', async () => {
  const setup = await session.post('dead-letters/setup', { queue_name: 'orders', keep_seconds: 3600 });
  expect(setup.body).toMatchObject({
    dead_letter_queue: 'orders.dead',
    exchange: 'dead-letters',
    routing_key: 'orders',
    by: 'arguments',
  });
  const again = await session.post('dead-letters/setup', { queue_name: 'orders', keep_seconds: 3600 });
  expect(again.status).toBe(200);

  const before = Math.floor(Date.now() / 1000) * 1000;
  await session.sendTask('orders', 'rejected-1', 'orders.ship', [7]);
  await reject('orders', 1);
  await session.send(
    'orders',
    [[], {}, null],
    { correlationId: 'expired-1', expiration: '1' },
    { task: 'orders.bill', id: 'expired-1' },
  );
  await session.awaits('orders.dead', 2);

  const all = await session.get('dead-letters/orders.dead');
  expect(all.body.items).toMatchObject([
    {
      task: { task_id: 'rejected-1', task_name: 'orders.ship', args: [7] },
      dead_letter: { reason: 'rejected', queue_name: 'orders', count: 1, replay_count: 0 },
    },
    {
      task: { task_id: 'expired-1' },
      dead_letter: { reason: 'expired', queue_name: 'orders', original_expiration_ms: 1 },
    },
  ]);
  const [first] = all.body.items as [{ dead_letter: { died_at: string } }];
  expect(Date.parse(first.dead_letter.died_at)).toBeGreaterThanOrEqual(before);

  const expired = await session.get('dead-letters/orders.dead?reason=expired&task=orders.*');
  expect(expired.body.items).toMatchObject([{ task: { task_id: 'expired-1' } }]);
  expect((await session.get('dead-letters/orders.dead/rejected-1')).body).toMatchObject({
    task: { args: [7] },
  });
  expect((await session.get('dead-letters')).body.items).toContainEqual({
    queue_name: 'orders.dead',
    message_count: 2,
    consumer_count: 0,
  });
  const metrics = await fetch(`${session.gateway.url}/metrics`, {
    headers: { authorization: `Bearer ${keyOf('admin')}` },
  });
  expect(await metrics.text()).toContain('celery_dead_letters{queue_name="orders.dead"} 2');
});

test('letters are replayed to where they died, one or all, counted, and able to run', async () => {
  const dry = await replay('orders.dead', { dry_run: true });
  expect(dry.body).toMatchObject({ state: 'SUCCEEDED', progress: { matched: 2, done: 0 } });
  expect(await session.waiting('orders')).toBe(0);

  const one = await replay('orders.dead', { filter: { ids: ['rejected-1'] } });
  expect(one.body).toMatchObject({ progress: { done: 1 } });
  const [message] = await session.messages('orders');
  expect(message).toMatchObject({
    task: { task_id: 'rejected-1', args: [7], retries: 0 },
    headers: { 'x-replay-count': 1 },
    dead_letter: null,
  });
  expect((await replay('orders.dead', {})).body).toMatchObject({ progress: { done: 1 } });
  await session.awaits('orders', 2);
  expect(await session.waiting('orders.dead')).toBe(0);
});

test('letters are replayed as selected, as filtered, so many and no faster than asked', async () => {
  const [queue, home] = [await session.declare('many.dead'), await session.declare('many')];
  const died = {
    'x-death': [{ queue: home, reason: 'rejected', count: 1, exchange: '', 'routing-keys': [home] }],
  };
  for (let n = 0; n < 9; n += 1) await session.sendTask(queue, `m${n}`, n < 6 ? 'a.b' : 'c.d', [n], died);
  const replayed = async (body: object): Promise<readonly string[]> => {
    const before = (await session.messages(home)).length;
    await replay(queue, body);
    const all = await session.messages(home);
    return all.slice(before).map(({ task }) => (task as { task_id: string }).task_id);
  };
  expect(await replayed({ filter: { ids: ['m4', 'm2'] } })).toEqual(['m2', 'm4']);
  expect(await replayed({ filter: { task: 'c.*' }, limit: 2 })).toEqual(['m6', 'm7']);
  const slow = await replay(queue, { filter: { task: 'a.*' }, limit: 3, rate: 10 });
  expect(slow.body).toMatchObject({ state: 'SUCCEEDED', progress: { done: 3 } });
  const { started_at: from, ended_at: to } = slow.body;
  expect(Date.parse(String(to)) - Date.parse(String(from))).toBeGreaterThanOrEqual(190);
  expect((await session.messages(queue)).map(({ task }) => (task as { task_id: string }).task_id)).toEqual([
    'm5',
    'm8',
  ]);
});

test('the loop guard leaves what was replayed too often', async () => {
  const queue = await session.declare('guarded.dead');
  const died = {
    'x-death': [{ queue: 'orders', reason: 'rejected', count: 1, exchange: '', 'routing-keys': ['orders'] }],
  };
  await session.sendTask(queue, 'g1', 'orders.ship', [], { ...died, 'x-replay-count': 5 });
  await session.sendTask(queue, 'g2', 'orders.ship', [], { ...died, 'x-replay-count': 1 });
  expect((await replay(queue, {})).body).toMatchObject({ progress: { done: 1, skipped: 1 } });
  expect(await session.messages(queue)).toMatchObject([{ task: { task_id: 'g1' } }]);
  expect((await replay(queue, { max_replays: 6 })).body).toMatchObject({ progress: { done: 1 } });
});

test('a letter is edited and replayed; its expiry, once passed, does not drop it again', async () => {
  const [queue, target] = [await session.declare('edited.dead'), await session.declare('edited')];
  await session.sendTask(queue, 'e1', 'orders.ship', [1], {
    expires: '2020-01-01T00:00:00+00:00',
    retries: 3,
  });
  const edit = { args: [2, 'two'], headers: { note: 'fixed' }, priority: 4 };
  const many = await replay(queue, { to: { queue_name: target }, edit });
  expect(many).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  await replay(queue, { filter: { ids: ['e1'] }, to: { queue_name: target }, edit });
  expect(await session.messages(target)).toMatchObject([
    {
      task: { task_id: 'e1', args: [2, 'two'], expires: null, retries: 0 },
      headers: { note: 'fixed', argsrepr: "(2, 'two')" },
      properties: { priority: 4 },
    },
  ]);
});

test('what would kill a worker, has no origin, or claims an internal one stays where it is', async () => {
  const queue = await session.declare('hostile.dead');
  const died = (name: string) => ({ 'x-death': [{ queue: name, reason: 'rejected', count: 1 }] });
  await session.send(
    queue,
    { no: 'task' },
    { messageId: 'h1' },
    { task: 'a.b', id: 'h1', ...died('orders') },
  );
  await session.sendTask(queue, 'h2');
  await session.sendTask(queue, 'h3', 'a.b', [], died('celery@host.celery.pidbox'));
  await session.sendTask(queue, 'h4', 'a.b', [], died('no-such-queue'));
  const { body } = await replay(queue, {});
  expect(body).toMatchObject({ state: 'SUCCEEDED', progress: { done: 0, failed: 4 } });
  expect(String(body.problems)).toMatch(/could not read.*give a target.*not allowed.*/s);
  expect(await session.waiting(queue)).toBe(4);
});

test('letters are exported, discarded and imported without a change', async () => {
  const queue = await session.declare('archive.dead');
  await session.sendTask(queue, 'a1', 'orders.ship', ['ü'], {
    big: 2 ** 60,
    at: new Date(0),
    'x-death': [{ queue: 'orders', reason: 'expired', time: new Date(1_700_000_000_000), count: 2 }],
  });
  await session.send(queue, 'plain', { messageId: 'a2', type: 'note' });
  const before = await session.messages(queue);
  const headers = { authorization: `Bearer ${keyOf('admin')}` };
  const path = `${session.gateway.url}/rabbitmq/dead-letters/${queue}`;
  const exported = await fetch(`${path}/export`, { headers });
  expect(exported.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = await exported.text();
  expect(lines.trim().split('\n')).toHaveLength(2);
  expect(await session.waiting(queue)).toBe(2);
  expect((await session.post(`dead-letters/${queue}/discard`, {})).body).toMatchObject({
    progress: { done: 2 },
  });
  expect(await session.waiting(queue)).toBe(0);
  const imported = await fetch(`${path}/import`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
    body: `${lines}{"version":1}\nnot json\n`,
  });
  expect(await imported.json()).toMatchObject({
    imported: 2,
    failed: 2,
    problems: [{ line: 3 }, { line: 4 }],
  });
  const after = await session.messages(queue);
  const comparable = (messages: typeof before) =>
    messages.map(({ redelivered: _r, exchange: _e, routing_key: _k, ...kept }) => kept);
  expect(comparable(after)).toEqual(comparable(before));
});

test('a queue that exists without dead-lettering is told what is possible', async () => {
  await session.declare('ledger');
  const refused = await session.post('dead-letters/setup', { queue_name: 'ledger' });
  expect(refused).toMatchObject({ status: 409, body: { code: 'PRECONDITION_FAILED' } });
  expect(String(refused.body.detail)).toContain('RABBITMQ_MANAGEMENT_URL');
  const policy = await session.post('dead-letters/setup', { queue_name: 'ledger', by: 'policy' });
  expect(policy).toMatchObject({ status: 501, body: { code: 'MANAGEMENT_NOT_CONFIGURED' } });
  expect(await session.waiting('ledger.dead')).toBe(-1);
});

test('a quorum queue gives up a poisoned message after its limit of deliveries', async () => {
  await session.post('dead-letters/setup', { queue_name: 'poisoned', delivery_limit: 2 });
  await session.sendTask('poisoned', 'p1');
  const channel = await (await session.connect()).openChannel();
  let deliveries = 0;
  await channel.consume('poisoned', (message) => {
    if (message === null) return;
    deliveries += 1;
    channel.nack(message, false, true);
  });
  await session.awaits('poisoned.dead', 1);
  expect(deliveries).toBe(3);
  expect((await session.get('dead-letters/poisoned.dead')).body.items).toMatchObject([
    { dead_letter: { reason: 'delivery_limit', queue_name: 'poisoned' } },
  ]);
  await channel.close();
});
