import request from 'supertest';
import { COMMANDS, type CommandName } from '../../../../server/workers';
import { keyOf, testApp } from '../../../support/gateway-app';

const { app } = testApp();
const post = (path: string, body: object, role: 'reader' | 'submitter' | 'admin' = 'admin') =>
  request(app).post(`/rabbitmq/workers/${path}`).set('X-API-Key', keyOf(role)).send(body);

describe('the commands', () => {
  const names = Object.keys(COMMANDS) as CommandName[];

  test.each(names)('%s takes its own example, as far as the broker', async (name) => {
    const { path, example } = COMMANDS[name];
    expect((await post(path, example)).body.code).toBe('MESSAGING_DISABLED');
  });

  test.each(names)('%s goes to nobody by default', async (name) => {
    const { path, example } = COMMANDS[name];
    const { workers: _left, ...rest } = example;
    expect((await post(path, rest)).body).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test.each(names.filter((name) => name !== 'ping'))('%s is for administrators', async (name) => {
    const { path, example } = COMMANDS[name];
    expect((await post(path, example, 'submitter')).status).toBe(403);
  });

  test.each([
    ['rate-limit', { task_name: 't', rate_limit: '10/x' }],
    ['pool-grow', { n: 0 }],
    ['autoscale', { max: 3 }],
    ['add-consumer', { queue: 'q', exchange_type: 'x-odd' }],
    ['time-limit', { task_name: 't', soft: -1 }],
    ['ping', { workers: [] }],
  ])('%s refuses %j', async (path, fields) => {
    expect((await post(path, { workers: 'all', ...fields })).status).toBe(400);
  });
});

describe('looking', () => {
  const get = (path: string, role: 'reader' | 'admin' = 'reader') =>
    request(app).get(`/rabbitmq/workers${path}`).set('X-API-Key', keyOf(role));

  test('an unknown inspection is 400', async () => {
    expect((await get('?include=stats,everything')).status).toBe(400);
  });

  test('readers may list workers, and need more to see their settings', async () => {
    expect((await get('')).body.code).toBe('MESSAGING_DISABLED');
    expect((await get('/a@h')).status).toBe(403);
    expect((await get('/a@h', 'admin')).body.code).toBe('MESSAGING_DISABLED');
  });
});
