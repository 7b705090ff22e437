import { type PythonError, readTaskMessage, type TaskRequest } from '../../../../celery/protocol';
import { backoffSeconds, decideRetry, Retry } from '../../../../workers/execution';

const request = (headers: Record<string, string | number | null> = {}): TaskRequest => {
  const read = readTaskMessage({
    headers: { task: 't.x', id: 'id-1', retries: 1, 'x-death': 'a', mine: 'kept', ...headers },
    properties: { contentType: 'application/json', replyTo: 'client', priority: 7 },
    content: Buffer.from('[[1],{"k":2},{"callbacks":null,"errbacks":null,"chain":[],"chord":null}]'),
    exchange: '',
    routingKey: 'q',
    redelivered: false,
  });
  if (read.kind !== 'task') throw new Error(read.detail);
  return read.request;
};

describe('decideRetry', () => {
  test('keeps the identity of the task, counts up and goes to the queue it came from', () => {
    const retry = decideRetry(request(), {}, { countdownSeconds: 5 }, 1_000);
    expect(retry).toBeInstanceOf(Retry);
    expect((retry as Retry).message).toBe('Retry in 5s');
    expect((retry as Retry).submission).toMatchObject({
      name: 't.x',
      args: [1],
      kwargs: { k: 2 },
      options: {
        taskId: 'id-1',
        retries: 2,
        eta: new Date(6_000),
        queue: 'q',
        priority: 7,
        replyTo: 'client',
        parentId: 'id-1',
        headers: { mine: 'kept' },
      },
    });
  });

  test('throws the cause where no retry is left', () => {
    const cause = new RangeError('down');
    expect(decideRetry(request(), { maxRetries: 1 }, { cause }, 0)).toBe(cause);
  });

  test('null allows retries without limit', () => {
    expect(decideRetry(request({ retries: 999 }), { maxRetries: null }, {}, 0)).toBeInstanceOf(Retry);
  });

  test('waits 180 s where nobody says how long', () => {
    const retry = decideRetry(request(), {}, {}, 0) as Retry;
    expect(retry.submission.options?.eta).toEqual(new Date(180_000));
  });

  test('without a cause exhaustion is MaxRetriesExceededError', () => {
    const error = decideRetry(request(), { maxRetries: 1 }, {}, 0) as PythonError;
    expect([error.excType, error.excModule]).toEqual(['MaxRetriesExceededError', 'celery.exceptions']);
    expect(error.message).toBe(`Can't retry t.x[id-1] args:[1] kwargs:{'k': 2}`);
  });
});

describe('backoffSeconds', () => {
  test.each([
    [{}, 3, undefined],
    [{ retryBackoff: true, retryJitter: false }, 3, 8],
    [{ retryBackoff: 2, retryJitter: false }, 3, 16],
    [{ retryBackoff: true, retryJitter: false, retryBackoffMaxSeconds: 5 }, 30, 5],
    [{ retryBackoff: true }, 3, 4],
  ])('%j at retry %d gives %s', (settings, retries, seconds) => {
    expect(backoffSeconds(settings, retries, () => 0.5)).toBe(seconds);
  });
});
