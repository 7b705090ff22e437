import { redact } from '../../runtime';

/** Settings whose value nobody should read; workers mask most of them themselves. */
const SECRET = /pass(word|wd|phrase)?$|secret|token|credential|api_?key|private_?key|authorization|cookie/i;
const MASK = '********';
const MAX_DEPTH = 12;

/** What a worker told of itself, without passwords: in settings by their names, in URLs anywhere. */
export function masked(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => masked(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET.test(key) && (typeof item === 'string' || typeof item === 'number')
        ? MASK
        : masked(item, depth + 1),
    ]),
  );
}
