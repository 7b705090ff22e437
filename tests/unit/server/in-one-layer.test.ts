import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { inOneLayer } from '../../../server/http/in-one-layer';
import type { Handler } from '../../../server/http/request-context';

const appWith = (...handlers: Handler[]) => {
  const passed: string[] = [];
  const app = express();
  const noting =
    (name: string): Handler =>
    (_req, _res, next) => {
      passed.push(name);
      next();
    };
  app.use(inOneLayer([noting('first'), ...handlers, noting('last')]));
  app.get('/', (_req, res) => void res.json(passed));
  const onError: ErrorRequestHandler = (error: Error, _req, res, _next) =>
    void res.status(500).json({ message: error.message, passed });
  app.use(onError);
  return request(app);
};

describe('inOneLayer', () => {
  it('passes the handlers in order and goes on to the routes', async () => {
    const { body } = await appWith().get('/');
    expect(body).toEqual(['first', 'last']);
  });

  it.each<[string, Handler]>([
    ['given to next', (_req, _res, next) => next(new Error('stop'))],
    [
      'thrown',
      () => {
        throw new Error('stop');
      },
    ],
  ])('ends at an error that is %s', async (_how, failing) => {
    const { status, body } = await appWith(failing).get('/');
    expect([status, body]).toEqual([500, { message: 'stop', passed: ['first'] }]);
  });

  it('ends where a handler answers', async () => {
    const answering: Handler = (_req, res) => void res.status(204).end();
    expect((await appWith(answering).get('/')).status).toBe(204);
  });
});
