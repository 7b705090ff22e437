import { PythonError, pythonRepr } from '../../celery/protocol';

const PER_SECOND: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Python's `float()` takes what a person writes as a number: sign, point, exponent, blanks around. */
const FLOAT = /^\s*[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/**
 * Tasks per second of a rate limit: `10/s`, `100/m`, `0.5/h`, a bare number is per second; null, 0 and `''` are no limit
 * and give 0 (celery/utils/time.py `rate`).
 * @throws PythonError ValueError for what is no number or below 0, KeyError for another unit
 */
export function tasksPerSecond(limit: unknown): number {
  if (limit === null || limit === undefined || limit === '') return 0;
  if (typeof limit === 'number') return positive(limit, limit);
  if (typeof limit !== 'string') throw new PythonError('TypeError', 'builtins', ['a rate limit is a text']);
  const slash = limit.indexOf('/');
  const count = slash < 0 ? limit : limit.slice(0, slash);
  const unit = slash < 0 ? 's' : limit.slice(slash + 1) || 's';
  const seconds = PER_SECOND[unit];
  if (!FLOAT.test(count)) throw valueError(`could not convert string to float: '${count}'`);
  if (seconds === undefined) throw new PythonError('KeyError', 'builtins', [unit]);
  return positive(Number(count.replaceAll('_', '')) / seconds, limit);
}

function positive(rate: number, given: unknown): number {
  if (!(rate >= 0 && Number.isFinite(rate))) throw valueError(`not a rate: ${pythonRepr(given)}`);
  return rate;
}

const valueError = (text: string): PythonError => new PythonError('ValueError', 'builtins', [text]);
