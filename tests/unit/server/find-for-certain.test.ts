import request from 'supertest';
import { keyOf, testApp } from '../../support/gateway-app';

const unknown = { meta: null, task: undefined };
const read = { ready: true, kind: 'stream' };

const lookUp = (submissions: { ready: boolean; kind: string }, messaging: object = {}) => {
  const health = () => ({ enabled: true, ready: false, results: read, submissions, events: read });
  const { app } = testApp({ messaging: { findTask: async () => unknown, health, ...messaging } });
  return request(app).get('/rabbitmq/tasks/t1').set('X-API-Key', keyOf('reader'));
};

test.each([
  ['the broker has not been reached', { ready: false, kind: 'none' }],
  ['a stream is being read', { ready: false, kind: 'stream' }],
])('a task nobody knows is 503 while %s', async (_case, submissions) => {
  const answer = await lookUp(submissions);
  expect(answer.body).toMatchObject({ status: 503, code: 'NOT_READY' });
  expect(answer.headers['retry-after']).toBe('2');
});

test('a task nobody knows is 404 once all is read, whatever Redis does', async () => {
  expect((await lookUp(read)).status).toBe(404);
  expect((await lookUp(read, { health: () => ({ enabled: true, ready: true }) })).status).toBe(404);
  const redis = { ready: false, kind: 'redis' };
  const health = () => ({ enabled: true, ready: true, results: redis, submissions: read, events: read });
  expect((await lookUp(read, { health })).status).toBe(404);
});

test('a task that is known is told while the rest is being read', async () => {
  const meta = {
    task_id: 't1',
    status: 'SUCCESS',
    result: 5,
    traceback: null,
    children: [],
    date_done: null,
  };
  const answer = await lookUp(
    { ready: false, kind: 'stream' },
    { findTask: async () => ({ ...unknown, meta }) },
  );
  expect(answer.body).toMatchObject({ status: 'SUCCESS', result: 5 });
});
