import { setTimeout as sleep } from 'node:timers/promises';
import { QueueError } from '../../../amqp';
import { systemClock } from '../../../runtime';
import { HealthService, LoopWatch, PublishCanary } from '../../../server/health';

interface Given {
  readonly publish?: () => Promise<void>;
  readonly timeoutMs?: number;
}

function canaryWith({ publish = async () => undefined, timeoutMs = 1000 }: Given = {}) {
  const seen = { declared: 0, published: 0 };
  let now = 0;
  const canary = new PublishCanary({
    publisher: {
      ready: true,
      publish: () => {
        seen.published += 1;
        return publish();
      },
    },
    topology: {
      ensureQueue: async () => {
        seen.declared += 1;
        return 'declared';
      },
    },
    clock: { monotonic: () => now },
    queue: 'celery-gateway.canary.test',
    timeoutMs,
  });
  return {
    canary,
    seen,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a canary', () => {
  test('is shared by probes at the same time and fresh for two seconds', async () => {
    const { canary, seen, pass } = canaryWith();
    const answers = await Promise.all([canary.check(), canary.check()]);
    expect(answers).toEqual([
      { ready: true, confirmMs: 0 },
      { ready: true, confirmMs: 0 },
    ]);
    pass(1999);
    await canary.check();
    expect(seen).toEqual({ declared: 1, published: 1 });
    pass(1);
    await canary.check();
    expect(seen).toEqual({ declared: 1, published: 2 });
  });

  test('that is not confirmed in time turns readiness off, and the next one is sent at once', async () => {
    let answers = false;
    const { canary, seen } = canaryWith({
      publish: () => (answers ? Promise.resolve() : new Promise(() => undefined)),
      timeoutMs: 20,
    });
    expect(await canary.check()).toEqual({ ready: false, code: 'CONFIRM_TIMEOUT' });
    answers = true;
    expect(await canary.check()).toMatchObject({ ready: true });
    expect(seen.published).toBe(2);
  });

  test.each([
    ['PUBLISH_NACKED', false],
    ['UNROUTABLE', true],
  ] as const)('that ends with %s: ready is %s', async (code, ready) => {
    const { canary } = canaryWith({ publish: () => Promise.reject(new QueueError(code, 'no')) });
    expect(await canary.check()).toEqual({ ready, code });
  });

  test('declares its queue anew when somebody deleted it', async () => {
    const { canary, seen, pass } = canaryWith({
      publish: () => Promise.reject(new QueueError('UNROUTABLE', 'gone')),
    });
    await canary.check();
    pass(2000);
    await canary.check();
    expect(seen.declared).toBe(2);
  });
});

describe('liveness', () => {
  const service = (sustainedLagMs: number, maxLagMs: number) =>
    new HealthService({
      messaging: { health: () => ({ enabled: false, ready: false }) },
      drain: { draining: false },
      canary: undefined,
      loop: { sustainedLagMs },
      maxLagMs,
    });

  test('ends with a loop that is late all the time, unless that is switched off', () => {
    expect(service(1500.4, 1500).liveness()).toEqual({ live: true, loopLagMs: 1500 });
    expect(service(1502, 1500).liveness()).toEqual({ live: false, loopLagMs: 1502 });
    expect(service(60_000, 0).liveness()).toMatchObject({ live: true });
  });

  test('one long turn is no lag that lasts; turns that are long all the time are', async () => {
    let skewMs = 0;
    const watch = new LoopWatch({ clock: { monotonic: () => systemClock.monotonic() + skewMs } });
    await watch.start();
    skewMs += 5000;
    await sleep(400);
    expect(watch.sustainedLagMs).toBe(0);
    const late = setInterval(() => {
      skewMs += 1000;
    }, 60);
    // Ten ticks, each of which finds that seconds have passed.
    for (let waited = 0; watch.sustainedLagMs < 900 && waited < 100; waited += 1) await sleep(100);
    clearInterval(late);
    expect(watch.sustainedLagMs).toBeGreaterThan(900);
    await watch.stop();
  }, 30_000);
});
