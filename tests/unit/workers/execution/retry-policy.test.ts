import { PythonError, readTaskMessage, type TaskRequest } from '../../../../celery/protocol';
import { autoretried, decideRetry, Retry } from '../../../../workers/execution';

const request = (policy: unknown, retries = 0): TaskRequest => {
  const read = readTaskMessage({
    headers: { task: 't.x', id: 'id-1', retries, retry_policy: policy as never },
    properties: { contentType: 'application/json' },
    content: Buffer.from('[[],{},null]'),
    exchange: '',
    routingKey: 'q',
    redelivered: false,
  });
  if (read.kind !== 'task') throw new Error(read.detail);
  return read.request;
};

const failed = (error: unknown) => ({ kind: 'FAILURE', error, timedOut: false }) as const;
const HALF = () => 0.5;

/** Seconds until the next run, or the outcome's kind where there is none. */
function next(policy: unknown, retries: number, error: unknown = new Error('x'), settings = {}) {
  const outcome = autoretried(failed(error), request(policy, retries), settings, 0, HALF);
  if (outcome.kind !== 'RETRY') return outcome.kind;
  const { eta } = outcome.retry.submission.options ?? {};
  return Number((eta as Date).getTime()) / 1000;
}

describe('a retry policy that came with the task', () => {
  test.each([
    [{ max_retries: 2, delay_seconds: 5 }, [5, 5, 'FAILURE']],
    [{}, [1, 1, 1, 'FAILURE']],
    [{ max_retries: 0 }, ['FAILURE']],
    [
      { max_retries: 9, delay_seconds: 2, backoff: true, backoff_max_seconds: 10, jitter: false },
      [2, 4, 8, 10, 10],
    ],
    [{ max_retries: 9, delay_seconds: 8, backoff: true, jitter: true }, [4, 8, 16]],
  ])('%j: waits %j', (policy, expected) => {
    expect(expected.map((_each, retries) => next(policy, retries))).toEqual(expected);
  });

  test('names the errors it is for', () => {
    const policy = { retry_for: ['TypeError', 'OutOfStock'] };
    expect(next(policy, 0, new TypeError('x'))).toBe(1);
    expect(next(policy, 0, new PythonError('OutOfStock', 'shop', []))).toBe(1);
    expect(next(policy, 0, new RangeError('x'))).toBe('FAILURE');
  });

  test('wins over the settings of the task, but for errors that are never retried', () => {
    const settings = { maxRetries: 0, autoretryFor: [RangeError], dontAutoretryFor: [TypeError] };
    expect(next({ max_retries: 1 }, 0, new Error('x'), settings)).toBe(1);
    expect(next({ max_retries: 1 }, 0, new TypeError('x'), settings)).toBe('FAILURE');
  });

  test("counts for the task's own retry() too, unless that says otherwise", () => {
    const policy = { max_retries: 1, delay_seconds: 7 };
    const retry = decideRetry(request(policy), {}, {}, 0) as Retry;
    expect(retry.submission.options?.eta).toEqual(new Date(7000));
    const cause = new Error('x');
    expect(decideRetry(request(policy, 1), {}, { cause }, 0)).toBe(cause);
    expect(decideRetry(request(policy, 1), {}, { cause, maxRetries: 5 }, 0)).toBeInstanceOf(Retry);
  });

  test.each(['no', 3, null, []])('%j is none', (policy) => {
    expect(next(policy, 0)).toBe('FAILURE');
  });
});
