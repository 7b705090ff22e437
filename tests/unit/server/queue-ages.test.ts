import type { TaskRecord } from '../../../celery/history';
import { oldestWaiting } from '../../../server/metrics/queue-ages';

const queued = (queue: string, queuedAt: number, eta: string | null = null): TaskRecord =>
  ({ queue, queuedAt, eta }) as TaskRecord;

const NOW = 100_000;

test.each([
  ['the oldest of those that wait', [queued('q', 10), queued('q', 20)], 2, 10],
  ['of a queue that is shorter, the oldest that can be in it', [queued('q', 10), queued('q', 20)], 1, 20],
  ['of a queue that is longer than what is known, the oldest known', [queued('q', 10)], 5, 10],
  ['none of an empty queue', [queued('q', 10)], 0, undefined],
  ['none of a queue that was not looked at', [queued('elsewhere', 10)], 3, undefined],
  ['a task with an ETA waits since then', [queued('q', 10, new Date(50).toISOString())], 1, 50],
  [
    'a task whose ETA is to come does not wait',
    [queued('q', 10, new Date(NOW + 1).toISOString())],
    1,
    undefined,
  ],
])('%s', (_circumstance, tasks, length, expected) => {
  expect(oldestWaiting(tasks, new Map([['q', length]]), NOW).get('q')).toBe(expected);
});
