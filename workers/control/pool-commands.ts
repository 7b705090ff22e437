import type { ControlCommand } from '../../celery/control';
import { PythonError } from '../../celery/protocol';
import { ANY_OTHER, boundCommand, optional } from './bound-command';
import type { WorkerView } from './worker-view';

/** What the pool commands ask of the worker. */
export type PoolView = Pick<WorkerView, 'autoscaler' | 'resizePool' | 'restartPool'>;

/** `pool_grow`, `pool_shrink`, `pool_restart` and `autoscale`, with Python's replies (celery/worker/control.py). */
export const poolCommands = (worker: PoolView): Readonly<Record<string, ControlCommand>> => ({
  ...resizing('pool_grow', worker, (n) => n),
  ...resizing('pool_shrink', worker, (n) => -n),
  ...boundCommand(
    'pool_restart',
    [optional('modules'), optional('reload', false), optional('reloader'), ANY_OTHER],
    () => {
      worker.restartPool();
      return { ok: 'reload started' };
    },
  ),
  ...boundCommand('autoscale', [optional('max'), optional('min')], ({ max, min }) => {
    const { autoscaler } = worker;
    if (autoscaler === undefined) throw valueError('Autoscale not enabled');
    const range = autoscaler.update({ max: bound(max), min: bound(min) });
    return { ok: `autoscale now max=${range.max} min=${range.min}` };
  }),
});

function resizing(
  name: 'pool_grow' | 'pool_shrink',
  worker: PoolView,
  change: (n: number) => number,
): Readonly<Record<string, ControlCommand>> {
  return boundCommand(name, [optional('n', 1), ANY_OTHER], ({ n }) => {
    if (worker.autoscaler !== undefined) {
      return { error: `${name} is not supported with autoscale. Adjust autoscale range instead.` };
    }
    worker.resizePool(change(wholeNumber(n, 'n')));
    return { ok: `pool will ${name.slice('pool_'.length)}` };
  });
}

const bound = (value: unknown): number | undefined => {
  if (value === null || value === undefined) return undefined;
  const number = wholeNumber(value, 'a bound');
  if (number < 0) throw valueError('a bound of autoscale must not be negative');
  return number;
};

function wholeNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`${what} must be an integer`);
  return value;
}

const valueError = (text: string): PythonError => new PythonError('ValueError', 'builtins', [text]);
