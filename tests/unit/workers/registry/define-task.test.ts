import { defineTask, type TaskSettings } from '../../../../workers/registry';

const define = (settings: TaskSettings) => () => defineTask('t.a', { params: [], ...settings }, () => null);

test.each<[TaskSettings, string]>([
  [{ rateLimit: 'abc' }, 'task t.a: rateLimit must be like 10/s, 100/m or 5/h, not abc'],
  [{ rateLimit: '5/day' }, 'rateLimit must be like'],
  [{ timeLimitSeconds: -1 }, 'task t.a: timeLimitSeconds must be a number of 0 or more, not -1'],
  [{ softTimeLimitSeconds: Number.NaN }, 'softTimeLimitSeconds'],
  [{ maxRetries: -3 }, 'maxRetries'],
  [{ defaultRetryDelaySeconds: '5' as never }, 'defaultRetryDelaySeconds'],
  [{ timeLimit: 5 } as never, 'task t.a: timeLimit is no option; timeLimitSeconds is'],
  [{ acks_late: true } as never, 'task t.a: acks_late is no option'],
  [{ toString: 1 } as never, 'task t.a: toString is no option'],
  [{ priority: 256 }, 'priority must be a number from 0 to 255'],
])('settings that mean nothing are refused where they are written: %p', (settings, message) => {
  expect(define(settings)).toThrow(message);
});

test('settings that mean something are taken', () => {
  expect(define({ rateLimit: '10/m', maxRetries: null, timeLimitSeconds: 0.5, priority: 0 })).not.toThrow();
  expect(define({ rateLimit: 5, retryBackoffMaxSeconds: 0, expiresSeconds: 60 })).not.toThrow();
});
