import { PythonError } from '../../../../celery/protocol';
import * as here from '../../../../workers/execution';

type Execution = typeof here;
type Protocol = typeof import('../../../../celery/protocol');

/** What a project's own copy of the package has, beside that of a worker installed elsewhere. */
function otherCopy(): { readonly execution: Execution; readonly protocol: Protocol } {
  let copy: { execution: Execution; protocol: Protocol } | undefined;
  jest.isolateModules(() => {
    copy = {
      execution: require('../../../../workers/execution') as Execution,
      protocol: require('../../../../celery/protocol') as Protocol,
    };
  });
  if (copy === undefined) throw new Error('no copy');
  return copy;
}

const other = otherCopy();

test('the copies are two', () => {
  expect(other.execution.Reject).not.toBe(here.Reject);
});

test('what a task throws is known whichever copy made it', () => {
  expect(here.outcomeOfError(new other.execution.Reject('why', { requeue: true }))).toEqual({
    kind: 'REJECTED',
    reason: 'why',
    requeue: true,
  });
  expect(here.outcomeOfError(new other.execution.Ignore())).toEqual({ kind: 'IGNORED' });
  const error = new other.protocol.PythonError('ValueError', 'builtins', ['bad', 1]);
  expect(here.describeError(error)).toBe("ValueError('bad', 1)");
});

test('a task catches the soft limit of a worker of another copy', () => {
  const reason = new here.SoftTimeLimitExceeded();
  expect(reason).toBeInstanceOf(other.execution.SoftTimeLimitExceeded);
  expect(reason).toBeInstanceOf(other.protocol.PythonError);
});

test('other errors and subclasses are told apart as ever', () => {
  class Mine extends PythonError {}
  expect(new Error('x')).not.toBeInstanceOf(PythonError);
  expect(new PythonError('E', 'm', [])).not.toBeInstanceOf(Mine);
  expect(new Mine('E', 'm', [])).toBeInstanceOf(PythonError);
  expect(new here.Ignore()).not.toBeInstanceOf(here.Reject);
  expect(new PythonError('E', 'm', [])).not.toBeInstanceOf(here.SoftTimeLimitExceeded);
  expect('text' as unknown).not.toBeInstanceOf(here.Ignore);
});
