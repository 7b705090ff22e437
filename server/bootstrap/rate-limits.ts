import { Redis } from 'ioredis';
import type { LifecyclePart, Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import type { Handler } from '../http/request-context';
import { rateLimiter } from '../security/rate-limit';
import { type CounterRedis, SharedCounters } from '../security/shared-counters';

/** A request waits no longer than this for its count. */
const COMMAND_TIMEOUT_MS = 250;
const RECONNECT_MS = 1000;

export interface RateLimits {
  readonly reads: Handler;
  readonly submits: Handler;
  readonly admin: Handler;
  readonly failedAuth: Handler;
  readonly parts: readonly LifecyclePart[];
}

interface Counters {
  readonly redis: CounterRedis;
  readonly part: LifecyclePart;
}

function countersIn(url: string, logger: Pick<Logger, 'warn'>): Counters {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => RECONNECT_MS,
  });
  redis.on('error', (error) => logger.warn('Redis of the rate limits', { error }));
  const part: LifecyclePart = {
    name: 'rate limit counters',
    // Not awaited: the gateway serves without it.
    start: async () => void redis.connect().catch(() => undefined),
    stop: async () => redis.disconnect(),
  };
  return { redis, part };
}

/** A limit for each kind of request, counted by key; failed authentication by address. */
export function createRateLimits(config: ServerConfig, logger: Pick<Logger, 'warn' | 'info'>): RateLimits {
  const url = config.RATE_LIMIT_REDIS_URL;
  const counters = url === undefined ? undefined : countersIn(url, logger);
  const windowSeconds = config.RATE_LIMIT_WINDOW_SECONDS;
  const limiter = (name: string, limit: number): Handler => {
    const store =
      counters === undefined ? undefined : new SharedCounters({ redis: counters.redis, name, logger });
    return rateLimiter({ name, windowSeconds, limit, store });
  };
  return {
    reads: limiter('reads', config.RATE_LIMIT_READS),
    submits: limiter('submits', config.RATE_LIMIT_SUBMITS),
    admin: limiter('admin', config.RATE_LIMIT_ADMIN),
    failedAuth: limiter('failed-auth', config.RATE_LIMIT_FAILED_AUTH),
    parts: counters === undefined ? [] : [counters.part],
  };
}
