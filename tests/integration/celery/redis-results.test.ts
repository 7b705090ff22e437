import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisResults } from '../../../celery';
import type { TaskMeta } from '../../../celery/protocol';
import { testRedisUrl } from '../../support/redis';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';

const meta = (task_id: string, status: string, result: unknown = null): TaskMeta => ({
  status,
  result,
  traceback: null,
  children: [],
  date_done: null,
  task_id,
});
const address = (id: string) => ({ id, replyTo: null, correlationId: id });

describe('RedisResults on Redis', () => {
  const redis = new Redis(testRedisUrl());
  const results = new RedisResults({ url: testRedisUrl(), expiresSeconds: 100, logger: new SilentLogger() });
  const store = (id: string, status: string, result?: unknown) =>
    results.storeResult(address(id), meta(id, status, result));

  beforeAll(async () => {
    await results.start();
    await until(() => results.status.ready);
  });
  afterAll(async () => {
    await results.stop();
    await redis.quit();
  });

  it("writes Celery's own key, body and expiry", async () => {
    const id = randomUUID();
    await store(id, 'SUCCESS', 5);
    expect(JSON.parse((await redis.get(`celery-task-meta-${id}`)) ?? '')).toEqual(meta(id, 'SUCCESS', 5));
    expect(await redis.ttl(`celery-task-meta-${id}`)).toBeGreaterThan(90);
    expect((await results.getTaskMeta(id))?.result).toBe(5);
  });

  it('does not write over a SUCCESS', async () => {
    const id = randomUUID();
    await store(id, 'SUCCESS', 5);
    await store(id, 'FAILURE');
    expect((await results.getTaskMeta(id))?.status).toBe('SUCCESS');
  });

  it('writes over any other state, and over what is no result', async () => {
    const id = randomUUID();
    await redis.set(`celery-task-meta-${id}`, 'no JSON');
    for (const status of ['STARTED', 'RETRY', 'FAILURE', 'SUCCESS']) {
      await store(id, status);
      expect((await results.getTaskMeta(id))?.status).toBe(status);
    }
  });

  it('keeps a result for ever where it is not to expire', async () => {
    const lasting = new RedisResults({ url: testRedisUrl(), expiresSeconds: 0, logger: new SilentLogger() });
    await lasting.start();
    const id = randomUUID();
    await lasting.storeResult(address(id), meta(id, 'SUCCESS', 5));
    await lasting.stop();
    expect(await redis.ttl(`celery-task-meta-${id}`)).toBe(-1);
    await redis.del(`celery-task-meta-${id}`);
  });

  it('stores many results of one turn, each under its own key', async () => {
    const ids = Array.from({ length: 50 }, () => randomUUID());
    await Promise.all(ids.map((id, i) => store(id, 'SUCCESS', i)));
    const stored = await Promise.all(ids.map((id) => results.getTaskMeta(id)));
    expect(stored.map((each) => each?.result)).toEqual(ids.map((_, i) => i));
  });

  it('hands a result to those who wait, by its publication', async () => {
    const id = randomUUID();
    const waiting = results.waitForResult(id, { timeoutMs: 10_000 });
    await store(id, 'STARTED');
    await store(id, 'SUCCESS', 'ä');
    expect((await waiting)?.result).toBe('ä');
    expect(results.waiting).toBe(0);
  });

  it('answers at once where the result is there already', async () => {
    const id = randomUUID();
    await store(id, 'REVOKED');
    expect((await results.waitForResult(id, { timeoutMs: 10_000 }))?.status).toBe('REVOKED');
  });

  it('gives null when the time is over and lets an abort through', async () => {
    expect(await results.waitForResult(randomUUID(), { timeoutMs: 10 })).toBeNull();
    const abort = new AbortController();
    const waiting = results.waitForResult(randomUUID(), { timeoutMs: 10_000, signal: abort.signal });
    abort.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(results.waiting).toBe(0);
  });

  it('finds a result published while its connections were cut', async () => {
    const id = randomUUID();
    const waiting = results.waitForResult(id, { timeoutMs: 10_000 });
    const clients = String(await redis.client('LIST')).split('\n');
    for (const line of clients.filter((each) => each.includes('celery-gateway'))) {
      await redis.client('KILL', 'ID', /id=(\d+)/.exec(line)?.[1] ?? '');
    }
    await redis.set(`celery-task-meta-${id}`, JSON.stringify(meta(id, 'SUCCESS', 1)));
    expect((await waiting)?.result).toBe(1);
  });

  it('says that Redis is away instead of failing in the background', async () => {
    const away = new RedisResults({
      url: 'redis://127.0.0.1:1/0',
      expiresSeconds: 1,
      logger: new SilentLogger(),
    });
    await away.start();
    await until(() => away.status.detail?.includes('ECONNREFUSED'));
    expect(away.status.ready).toBe(false);
    const reading = away.getTaskMeta('a');
    await away.stop();
    await expect(reading).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
  });
});
