import { ManagementClient } from '../../../../server/messaging';

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

function client(answer: () => Response | Promise<Response>) {
  const asked: Asked[] = [];
  const fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    asked.push({ url: String(url), init });
    return answer();
  };
  const management = new ManagementClient({
    url: new URL('http://host:15672/prefix/'),
    username: 'ops',
    password: 'CANARY',
    vhost: 'a/b',
    timeoutMs: 1000,
    fetch: fetch as typeof globalThis.fetch,
  });
  return { management, asked };
}

test('names are encoded, credentials are in the header only, and redirects are not followed', async () => {
  const { management, asked } = client(() => Response.json({ name: 'q?#/x' }));
  await management.queue('q?#/x');
  expect(asked[0]?.url).toBe('http://host:15672/prefix/api/queues/a%2Fb/q%3F%23%2Fx');
  expect(asked[0]?.init).toMatchObject({
    method: 'GET',
    redirect: 'error',
    headers: { authorization: `Basic ${Buffer.from('ops:CANARY').toString('base64')}` },
  });
});

test('what does not exist is null, and a deletion of it false', async () => {
  const { management } = client(() => new Response('{"error":"Object Not Found"}', { status: 404 }));
  expect(await management.queue('q')).toBeNull();
  expect(await management.deletePolicy('p')).toBe(false);
  expect(await management.policies()).toEqual([]);
});

test.each([
  [() => new Response('', { status: 401 }), /credentials/, false],
  [() => new Response('{"reason":"bad definition"}', { status: 400 }), /400: bad definition/, false],
  [() => new Response('<html>', { status: 502 }), /502/, true],
  [() => new Response('<html>', { status: 200 }), /another server/, false],
  [() => Promise.reject(new Error('connect ECONNREFUSED http://ops:CANARY@host')), /cannot be reached/, true],
])(
  'failures are told without the secret, and whether repeating helps (%#)',
  async (answer, told, retryable) => {
    const { management } = client(answer);
    const error = await management.queue('q').catch((raised: unknown) => raised);
    expect(error).toMatchObject({
      code: 'MANAGEMENT_FAILED',
      retryable,
      message: expect.stringMatching(told),
    });
    expect(String(error)).not.toContain('CANARY');
  },
);

test('what the broker does not take of a policy is told in plain words', async () => {
  const reason = 'Validation failed\n\n[{&lt;&lt;"no-such"&gt;&gt;,1}] are not recognised policy settings\n';
  const { management } = client(() => Response.json({ error: 'bad_request', reason }, { status: 400 }));
  const policy = { pattern: '^a$', definition: { 'no-such': 1 }, priority: 0, 'apply-to': 'queues' };
  await expect(management.putPolicy('p', policy)).rejects.toMatchObject({
    code: 'COMMAND_INVALID',
    message: 'RabbitMQ says: Validation failed [{no-such,1}] are not recognised policy settings',
  });
});
