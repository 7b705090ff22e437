import { Redis } from 'ioredis';
import { type Finding, finding, words } from './finding';

const CHECK = 'clock';
const DEADLINE_MS = 5000;
/** Dates in HTTP have whole seconds, so less than this cannot be told from none. */
const TOLERATED_MS = 2000;

function judge(skewMs: number, against: string): Finding {
  const seconds = Math.abs(skewMs / 1000).toFixed(1);
  if (Math.abs(skewMs) <= TOLERATED_MS) return finding(CHECK, 'ok', `within ${seconds} s of ${against}`);
  const detail = `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} ${against}`;
  return finding(
    CHECK,
    'problem',
    detail,
    'Run NTP on all machines: ETA, expiry and schedules go by clocks.',
  );
}

/** The clock of this machine against that of RabbitMQ's, by the Date of an answer of its management API. */
export async function checkClock(managementUrl: string | undefined): Promise<Finding> {
  if (managementUrl === undefined)
    return finding(
      CHECK,
      'skipped',
      'no clock to compare with',
      'Set RABBITMQ_MANAGEMENT_URL or a redis:// URL.',
    );
  const { origin } = new URL(managementUrl);
  try {
    // Any answer will do, a refusal too.
    const answer = await fetch(`${origin}/api/whoami`, { signal: AbortSignal.timeout(DEADLINE_MS) });
    const theirs = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) return finding(CHECK, 'skipped', 'the management API tells no time');
    return judge(Date.now() - theirs - 500, "RabbitMQ's");
  } catch (error) {
    const fix = 'Check RABBITMQ_MANAGEMENT_URL and that the plugin rabbitmq_management is on.';
    return finding('management API', 'warning', `does not answer: ${words(error)}`, fix);
  }
}

/** Redis itself and, by what it tells, the clock. */
export async function checkRedis(check: string, url: string): Promise<readonly Finding[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: DEADLINE_MS,
    commandTimeout: DEADLINE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: unknown;
  redis.on('error', (error) => {
    failure = error;
  });
  try {
    await redis.connect();
    const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
    const clock = judge(Date.now() - (seconds * 1000 + micros / 1000), `Redis (${check})`);
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of unknown version';
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1] ?? 'noeviction';
    const limit = Number(/\nmaxmemory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);
    if (policy.startsWith('allkeys') && limit > 0) {
      const fix = 'Set maxmemory-policy to volatile-ttl or noeviction.';
      return [
        finding(check, 'warning', `Redis ${version} drops results when it is full (${policy})`, fix),
        clock,
      ];
    }
    return [finding(check, 'ok', `Redis ${version}`), clock];
  } catch (error) {
    return [
      finding(
        check,
        'problem',
        `Redis does not answer: ${words(failure ?? error)}`,
        'Check the URL and that Redis runs.',
      ),
    ];
  } finally {
    redis.disconnect();
  }
}
