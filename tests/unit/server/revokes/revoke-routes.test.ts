import request from 'supertest';
import { revokeRoutes } from '../../../../server/revokes';
import { keyOf, testApp } from '../../../support/gateway-app';

const replies = { replies: { 'a@h': { ok: 'flagged' }, 'b@h': { error: 'no' } }, missing: ['c@h'] };

describe('DELETE /rabbitmq/tasks/{task_id}', () => {
  test('a revoke tells who acknowledged, who refused and who was silent', async () => {
    const { app } = testApp({ messaging: { revokeTask: async () => replies } });
    const response = await request(app)
      .delete('/rabbitmq/tasks/t1?terminate=true&signal=SIGKILL')
      .set('X-API-Key', keyOf('submitter'));
    expect(response.body).toEqual({
      task_id: 't1',
      acknowledged: ['a@h'],
      refused: [{ worker: 'b@h', reason: 'no' }],
      no_reply: ['c@h'],
      tombstone: null,
    });
  });

  test('a revoke that no worker heard and nothing keeps says that it has no effect', async () => {
    const { app } = testApp({ messaging: { revokeTask: async () => ({ replies: {}, missing: [] }) } });
    const response = await request(app).delete('/rabbitmq/tasks/t1').set('X-API-Key', keyOf('submitter'));
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      task_id: 't1',
      acknowledged: [],
      refused: [],
      no_reply: [],
      tombstone: null,
      detail: expect.stringContaining('no effect'),
    });
  });
});

describe('POST /rabbitmq/tasks/revoke', () => {
  const post = (body: object, role: 'reader' | 'submitter' = 'submitter') =>
    request(testApp().app).post('/rabbitmq/tasks/revoke').set('X-API-Key', keyOf(role)).send(body);

  test.each([
    ['nothing to revoke', {}],
    ['two ways at once', { task_ids: ['a'], filter: { name: 'x' } }],
    ['an empty filter, which would mean all', { filter: {} }],
    ['an id twice', { task_ids: ['a', 'a'] }],
    ['a signal that is none', { task_ids: ['a'], terminate: true, signal: 'SIGFOO' }],
  ])('%s is 400', async (_what, body) => {
    expect((await post(body)).body.code).toBe('REQUEST_INVALID');
  });

  test('needs the scope of revoking', async () => {
    expect((await post({ task_ids: ['a'] }, 'reader')).status).toBe(403);
  });

  test('while messaging is off it says so', async () => {
    expect((await post({ task_ids: ['a'] })).body.code).toBe('MESSAGING_DISABLED');
  });

  test('a dry run needs no worker', async () => {
    const { body } = await post({ task_ids: ['a', 'b'], dry_run: true });
    expect(body).toMatchObject({ dry_run: true, count: 2, task_ids: ['a', 'b'], tombstone: null });
    expect(body.detail).toBeUndefined();
  });
});

test('both routes are described by the schemas of what they answer', () => {
  const unused = async () => Promise.reject(new Error('unused'));
  const service = { revoke: unused, revokeMany: unused, revokeStamped: unused, unfinished: () => [] };
  for (const { api } of revokeRoutes(service)) expect(api.responses[200]?.schema).toBeDefined();
});
