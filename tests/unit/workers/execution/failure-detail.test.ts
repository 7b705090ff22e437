import { failure } from '../../../../workers/execution';
import { failureDetail } from '../../../../workers/execution/failure-detail';

describe('what a dead letter says of its failed task', () => {
  const failed = failure(new TypeError('no such card: 4111'));

  test('is the error', () => {
    expect(failureDetail(failed, {})).toBe('TypeError: no such card: 4111');
  });

  test('is nothing of the error where the task came encrypted', () => {
    expect(failureDetail(failed, { hidden: true })).toBe('(encrypted)');
  });
});
