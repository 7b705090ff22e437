import { createHash } from 'node:crypto';
import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { Logger } from '../../runtime';
import { CountersInMemory } from './counters-in-memory';

/** What is used of a Redis client. Its commands must fail at once while Redis is away, and soon when it does not answer. */
export interface CounterRedis {
  call(command: string, ...args: string[]): Promise<unknown>;
}

export interface SharedCountersOptions {
  readonly redis: CounterRedis;
  /** Of the limit that is counted; keys of several gateways meet under it. */
  readonly name: string;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

type Reply = boolean | number | string;

/**
 * Counts requests of all replicas together in Redis. While Redis does not answer each replica counts for itself: limits get
 * looser by the number of replicas, but neither does the gateway stop with Redis, nor are there no limits.
 */
export class SharedCounters implements Store {
  readonly localKeys = false;
  readonly prefix: string;
  private readonly local = new CountersInMemory();
  private readonly shared: RedisStore;
  private away: boolean = false;

  constructor(private readonly options: SharedCountersOptions) {
    this.prefix = `celery-gateway:rate:${options.name}:`;
    this.shared = new RedisStore({
      prefix: this.prefix,
      sendCommand: (...command) => this.send(command),
    });
  }

  async init(options: Options): Promise<void> {
    this.local.init(options);
    await this.shared.init(options);
  }

  async increment(key: string): Promise<ClientRateLimitInfo> {
    // Here too, always: when Redis goes away nobody starts from nothing.
    const local = this.local.increment(key);
    try {
      const shared = await this.shared.increment(key);
      this.note(false);
      return shared;
    } catch (error) {
      this.note(true, error);
      return local;
    }
  }

  async decrement(key: string): Promise<void> {
    await Promise.allSettled([this.local.decrement(key), this.shared.decrement(key)]);
  }

  async resetKey(key: string): Promise<void> {
    await Promise.allSettled([this.local.resetKey(key), this.shared.resetKey(key)]);
  }

  shutdown(): void {
    this.local.shutdown();
  }

  private async send([command = '', ...args]: readonly string[]): Promise<Reply | Reply[]> {
    try {
      return (await this.options.redis.call(command, ...args)) as Reply | Reply[];
    } catch (error) {
      // Scripts are loaded at start, when Redis may be away; the name of one is its SHA-1, and it is loaded again when missed.
      const script = command === 'SCRIPT' ? args[1] : undefined;
      if (script === undefined) throw error;
      return createHash('sha1').update(script).digest('hex');
    }
  }

  private note(away: boolean, error?: unknown): void {
    if (away === this.away) return;
    this.away = away;
    const { logger, name } = this.options;
    if (away)
      logger.warn('rate limits are counted by this gateway alone: Redis does not answer', { name, error });
    else logger.info('rate limits are counted in Redis again', { name });
  }
}
