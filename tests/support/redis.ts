/** Redis for the tests: `TEST_REDIS_URL` (set by `scripts/test`), else a database of the local one that nothing else uses. */
export const testRedisUrl = (): string => process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379/9';
