import { constants } from 'node:os';
import { PythonError } from '../../celery/protocol';

/**
 * The number of a signal as a remote caller names it: `TERM`, `SIGTERM` or 15 (celery/platforms.py `Signals.signum`).
 * @throws TypeError for lower case and other types, PythonError AttributeError for no signal
 */
export function signalNumber(signal: unknown): number {
  if (signal === undefined || signal === null) return constants.signals.SIGTERM;
  if (typeof signal === 'number' && Number.isInteger(signal)) return signal;
  if (typeof signal !== 'string' || signal === '' || signal !== signal.toUpperCase()) {
    throw new TypeError('signal name must be uppercase string.');
  }
  const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
  const known = constants.signals[name as NodeJS.Signals];
  if (known !== undefined) return known;
  throw new PythonError('AttributeError', 'builtins', [`module 'signal' has no attribute '${name}'`]);
}
