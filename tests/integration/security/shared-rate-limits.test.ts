import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { silentLogger } from '../../../runtime';
import { createRateLimits, type RateLimits } from '../../../server/bootstrap/rate-limits';
import { loadServerConfig } from '../../../server/config';
import type { GatewayResponse } from '../../../server/http/request-context';
import { testRedisUrl } from '../../support/redis';
import { TcpProxy } from '../../support/tcp-proxy';
import { until } from '../../support/until';

const LIMIT = 3;
const redisUrl = testRedisUrl();
const ids: string[] = [];
const started: RateLimits[] = [];

/** The limits of one replica. */
async function replica(url: string): Promise<RateLimits> {
  const config = loadServerConfig({ RATE_LIMIT_REDIS_URL: url, RATE_LIMIT_READS: String(LIMIT) });
  const limits = createRateLimits(config, silentLogger());
  for (const part of limits.parts) await part.start();
  started.push(limits);
  return limits;
}

/** One request of a key: what the limit lets through, and what it tells. */
async function hit(
  limits: RateLimits,
  id: string,
): Promise<{ readonly passed: boolean; readonly told: string }> {
  const headers = new Map<string, string>();
  const res = {
    locals: { requestId: 'r', principal: { id } },
    setHeader: (name: string, value: string) => headers.set(name, value),
  } as unknown as GatewayResponse;
  const req = { ip: '127.0.0.1', headers: {}, app: { get: () => false } };
  const error = await new Promise((resolve) => {
    void limits.reads(req as unknown as Parameters<typeof limits.reads>[0], res, resolve);
  });
  return { passed: error === undefined, told: headers.get('RateLimit') ?? '' };
}

const newId = (): string => {
  const id = `key-${randomUUID()}`;
  ids.push(id);
  return id;
};

afterAll(async () => {
  for (const { parts } of started) for (const part of parts) await part.stop();
  const redis = new Redis(redisUrl);
  await redis.del(...ids.map((id) => `celery-gateway:rate:reads:${id}`));
  redis.disconnect();
});

/** Whether what one counts the other knows. */
async function countTogether(one: RateLimits, two: RateLimits): Promise<boolean> {
  const id = newId();
  await hit(one, id);
  return (await hit(two, id)).told.startsWith(`"reads";r=${LIMIT - 2};`);
}

describe('rate limits of several replicas', () => {
  test('count in Redis together: what one lets through the other takes off', async () => {
    const [one, two] = [await replica(redisUrl), await replica(redisUrl)];
    const id = newId();
    await until(() => countTogether(one, two));
    const answers = [];
    for (const limits of [one, two, one, two, one]) answers.push(await hit(limits, id));
    expect(answers.map(({ passed }) => passed)).toEqual([true, true, true, false, false]);
    expect(answers[1]?.told).toMatch(/^"reads";r=1;t=\d+$/);
  });

  test('hold in each replica while Redis is away, and together again when it is back', async () => {
    const target = new URL(redisUrl);
    const proxy = await TcpProxy.start(Number(target.port || 6379));
    target.hostname = '127.0.0.1';
    target.port = String(proxy.port);
    const [one, two] = [await replica(target.toString()), await replica(redisUrl)];
    await until(() => countTogether(one, two));
    for (const mode of ['stall', 'refuse'] as const) {
      proxy.mode = mode;
      const id = newId();
      const passed = [];
      for (let call = 0; call < LIMIT + 1; call += 1) passed.push((await hit(one, id)).passed);
      expect(passed).toEqual([true, true, true, false]);
    }
    proxy.mode = 'pass';
    await until(() => countTogether(one, two));
    for (const part of one.parts) await part.stop();
    await proxy.stop();
  });
});
