import request from 'supertest';
import type { RawMessage } from '../../../server/messaging';
import { keyOf, testApp } from '../../support/gateway-app';

const post = (
  app: Parameters<typeof request>[0],
  path: string,
  role: 'reader' | 'submitter' | 'admin' = 'admin',
) =>
  request(app)
    .post(path)
    .set('Authorization', `Bearer ${keyOf(role)}`)
    .set('Content-Type', 'application/json');

describe('POST /rabbitmq/messages/publish', () => {
  function publishing() {
    const messages: RawMessage[] = [];
    const publishMessage = async (message: RawMessage): Promise<string> => {
      messages.push(message);
      return 'm1';
    };
    const messaging = { publishMessage, isCeleryQueue: (name: string) => name === 'celery' };
    return { messages, app: testApp({ messaging }).app };
  }
  const send = (app: Parameters<typeof request>[0], body: object) =>
    post(app, '/rabbitmq/messages/publish').send(JSON.stringify(body));

  test('a message goes to its queue and its id comes back', async () => {
    const { app, messages } = publishing();
    const response = await send(app, {
      queue_name: 'orders',
      message: { a: 1 },
      expiration: '500',
      priority: 3,
    });
    expect(response.body).toEqual({ message_id: 'm1' });
    expect(messages).toEqual([
      {
        exchange: '',
        routingKey: 'orders',
        content: Buffer.from('{"a":1}'),
        headers: {},
        persistent: true,
        priority: 3,
        expirationMs: 500,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
      },
    ]);
  });

  const embed = { callbacks: null, errbacks: null, chain: null, chord: null };
  const headers = { task: 'tasks.add', id: 't1', lang: 'py' };

  test.each([
    ['no headers (an object body)', { message: { a: 1 } }],
    ['no id', { message: [[1], {}, embed], headers: { task: 'tasks.add' } }],
    ['two elements', { message: [[1], {}], headers }],
    ['null', { message: null, headers }],
  ])('a message with %s is kept from Celery workers', async (_case, body) => {
    const { app, messages } = publishing();
    const response = await send(app, { queue_name: 'celery', ...body });
    expect(response.body).toMatchObject({ status: 422, code: 'MESSAGE_NOT_A_TASK' });
    expect(messages).toEqual([]);
  });

  test('a message that claims to be a task is checked on any queue', async () => {
    const { app } = publishing();
    expect((await send(app, { queue_name: 'orders', message: 1, headers })).status).toBe(422);
  });

  test('a whole task message may pass', async () => {
    const { app, messages } = publishing();
    expect((await send(app, { queue_name: 'celery', message: [[1], {}, embed], headers })).status).toBe(200);
    expect(messages).toHaveLength(1);
  });

  test.each([
    [{ queue_name: 'celery.pidbox', message: 1 }, 403],
    [{ queue_name: 'orders', exchange: 'amq.topic', message: 1 }, 403],
    [{ queue_name: 'orders', routing_key: 'celery.pidbox', message: 1 }, 400],
    [{ queue_name: 'orders', message: 1, expiration: -1 }, 400],
    [{ queue_name: 'orders', message: 1, expiration: 'soon' }, 400],
    [{ queue_name: 'orders', message: 1, user_id: 'x' }, 400],
    [{ queue_name: 'orders', message: 1, reply_to: 'amq.rabbitmq.reply-to' }, 403],
    [{ queue_name: 'orders', message: 1, reply_to: 'celery@host.celery.pidbox' }, 403],
    [{ queue_name: 'orders', message: 1, encoding: 'text' }, 400],
    [{ queue_name: 'orders', message: 'not base64!', encoding: 'base64' }, 400],
    [{ queue_name: 'orders', message: 1, timestamp: 1.5 }, 400],
    [{ queue_name: 'orders', message: 1, content_type: 'x'.repeat(256) }, 400],
    [{ message: 1 }, 400],
    [{ queue_name: 'orders', message: 1, priority: 256 }, 400],
  ])('%j is refused with %i', async (body, status) => {
    const { app, messages } = publishing();
    expect((await send(app, body)).status).toBe(status);
    expect(messages).toEqual([]);
  });
});
