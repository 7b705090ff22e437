import { DirectSession } from '../../support/direct-session';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('direct-confirm', { GATEWAY_REQUIRE_CONFIRM: 'true' });
}, WAIT_MS);

afterAll(() => session.close());

beforeEach(async () => {
  await session.declare('kept');
  await session.post('exchanges/declare', { exchange: 'kept', type: 'fanout' });
});

test.each([
  ['DELETE', 'queues/kept/purge'],
  ['POST', 'queues/kept/purge'],
  ['POST', 'dead-letters/kept/discard'],
  ['DELETE', 'queues/kept?if_unused=true'],
  ['DELETE', 'exchanges/kept?if_unused=true'],
])('%s /%s wants the name once more, and does its work with it', async (method, path) => {
  const ask = (confirm: string) => {
    const query = `${path.includes('?') ? '&' : '?'}confirm=${confirm}`;
    const body = method === 'POST' ? {} : undefined;
    return session.gateway.call(method, `/rabbitmq/${path}${confirm === '' ? '' : query}`, body);
  };
  for (const wrong of ['', 'another'])
    expect(await ask(wrong)).toMatchObject({ status: 428, body: { code: 'CONFIRMATION_REQUIRED' } });
  expect(await ask('kept')).toMatchObject({ status: 200 });
});
