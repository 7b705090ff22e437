import { PythonError } from '../../../../celery/protocol';
import { type Outcome, Reject, Retry, type TaskRun } from '../../../../workers/execution';
import { TaskLines } from '../../../../workers/flow/task-lines';

const run = { id: 't1', request: { task: 'tasks.add', eta: null } } as TaskRun;

function lines(all: boolean) {
  const said: string[] = [];
  const at = (level: string) => (message: string) => void said.push(`${level} ${message}`);
  const logger = { info: at('info'), warn: at('warn'), error: at('error') } as never;
  return { said, lines: new TaskLines({ logger, all: () => all }) };
}

const ended = (outcome: Outcome, all = true): string[] => {
  const { said, lines: told } = lines(all);
  told.ended(run, outcome);
  return said;
};

test.each<[string, Outcome, string]>([
  [
    'success',
    { kind: 'SUCCESS', value: 'secret', runtimeSeconds: 0.5 },
    'info Task tasks.add[t1] succeeded in 0.5s',
  ],
  [
    'retry',
    { kind: 'RETRY', retry: new Retry("Retry in 5s: ValueError('x')", {} as never) },
    "info Task tasks.add[t1] retry: Retry in 5s: ValueError('x')",
  ],
  ['ignore', { kind: 'IGNORED' }, 'info Task tasks.add[t1] ignored'],
  ['replacement', { kind: 'REPLACED', replacement: {} as never }, 'info Task tasks.add[t1] replaced'],
  [
    'expiry',
    { kind: 'REVOKED', reason: 'expired', signum: null },
    'info Discarding expired task: tasks.add[t1]',
  ],
  ['terminate', { kind: 'REVOKED', reason: 'terminated', signum: 9 }, 'info Task tasks.add[t1] terminated'],
])('the end by %s is one line, only where all are wanted', (_case, outcome, line) => {
  expect(ended(outcome)).toEqual([line]);
  expect(ended(outcome, false)).toEqual([]);
});

test('a failure and a rejection are told at every level, with their reason', () => {
  const error = new PythonError('ValueError', 'builtins', ['bad', 1]);
  expect(ended({ kind: 'FAILURE', error, timedOut: false }, false)).toEqual([
    "error Task tasks.add[t1] raised unexpected: ValueError('bad', 1)",
  ]);
  const { reason, requeue } = new Reject('no room', { requeue: true });
  expect(ended({ kind: 'REJECTED', reason, requeue }, false)).toEqual([
    'warn Task tasks.add[t1] rejected: no room',
  ]);
});

test('receipt names the ETA', () => {
  const { said, lines: told } = lines(true);
  told.received(run);
  told.received({ ...run, request: { ...run.request, eta: Date.UTC(2030, 0, 2) } } as TaskRun);
  expect(said).toEqual([
    'info Task tasks.add[t1] received',
    'info Task tasks.add[t1] received ETA:[2030-01-02T00:00:00+00:00]',
  ]);
});
