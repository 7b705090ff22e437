import { ConnectionError } from '../../../../amqp';
import { canvas } from '../../../../celery/protocol';
import { silentLogger } from '../../../../runtime';
import { Attempts, isVoid, type Outcome, Retry } from '../../../../workers/execution';

const OUTCOMES: Readonly<Record<Outcome['kind'], Outcome>> = {
  SUCCESS: { kind: 'SUCCESS', value: 1, runtimeSeconds: 0 },
  FAILURE: { kind: 'FAILURE', error: new Error('x'), timedOut: false },
  RETRY: { kind: 'RETRY', retry: new Retry('Retry in 1s', { name: 't' }) },
  REVOKED: { kind: 'REVOKED', reason: 'terminated', signum: 15 },
  REJECTED: { kind: 'REJECTED', reason: 'no', requeue: false },
  REPLACED: { kind: 'REPLACED', replacement: canvas.s('t.other') },
  IGNORED: { kind: 'IGNORED' },
};

describe('an outcome whose message the broker took back', () => {
  test.each(['FAILURE', 'RETRY', 'REJECTED', 'REPLACED', 'IGNORED'] as const)(
    'is void when it is %s',
    (kind) => {
      expect(isVoid(OUTCOMES[kind], true)).toBe(true);
      expect(isVoid(OUTCOMES[kind], false)).toBe(false);
    },
  );

  test.each(['SUCCESS', 'REVOKED'] as const)('is kept when it is %s: no other run is wanted', (kind) => {
    expect(isVoid(OUTCOMES[kind], true)).toBe(false);
  });

  test('is not tried any longer once it became void', async () => {
    const attempts = new Attempts(silentLogger());
    let tries = 0;
    const fail = async (): Promise<void> => {
      tries += 1;
      throw new ConnectionError('BROKER_UNREACHABLE', 'away', { retryable: true });
    };
    await attempts.run('store-result', 'a', fail, () => tries === 2);
    expect(tries).toBe(2);
  });
});
