import { isUtf8 } from 'node:buffer';
import { pythonNumber } from './python-number';

/** Nesting shown before `[...]`: Celery's default of `task_repr_maxlevels`. */
const MAX_LEVELS = 3;

const codePoints = (text: string): number => {
  let count = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) count -= 1;
  }
  return count;
};

/** celery/utils/text.py `truncate`: cut at a space where there is one. Python counts code points. */
const truncate = (text: string, max: number): string => {
  if (text.length < max || codePoints(text) < max) return text;
  const cut = Array.from(text.slice(0, 2 * max))
    .slice(0, max)
    .join('');
  const space = cut.lastIndexOf(' ');
  return `${space < 0 ? cut : cut.slice(0, space)}...`;
};

const reprBytes = (bytes: Uint8Array, max: number): string => {
  const shown = Buffer.from(bytes.subarray(0, max));
  const text = isUtf8(shown) ? shown.toString() : shown.toString('hex');
  return `b'${text}${bytes.length > max ? '...' : ''}'`;
};

/** Streams tokens until the budget is spent, then only closes what it opened (celery/utils/saferepr.py `_saferepr`). */
class ReprWriter {
  text = '';
  #left: number;
  #cut = false;

  constructor(maxLength: number) {
    this.#left = maxLength;
  }

  value(value: unknown, level: number): void {
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#atom(pythonNumber(value));
    else if (typeof value === 'boolean') this.#atom(value ? 'True' : 'False');
    else if (Array.isArray(value)) this.sequence(value, '[', ']', level);
    else if (value instanceof Uint8Array) this.#emit(reprBytes(value, Math.max(this.#left, 1)));
    else if (value instanceof Date) this.#string(value.toISOString());
    else if (typeof value === 'object' && value !== null) this.#mapping(value, level);
    else this.#atom('None');
  }

  sequence(items: readonly unknown[], open: string, close: string, level: number): void {
    if (!this.#open(open, close, level)) return;
    for (let i = 0; i < items.length && !this.#isCut(); i += 1) {
      if (i > 0) this.#emit(', ');
      this.value(items[i], level + 1);
    }
    this.#close(close);
  }

  #mapping(object: object, level: number): void {
    if (!this.#open('{', '}', level)) return;
    let first = true;
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue;
      if (!first) this.#emit(', ');
      first = false;
      this.#string(key);
      this.#emit(': ');
      this.value(value, level + 1);
      if (this.#isCut()) break;
    }
    this.#close('}');
  }

  #open(open: string, close: string, level: number): boolean {
    if (level >= MAX_LEVELS) {
      this.#emit(`${open}...${close}`);
      return false;
    }
    return this.#emit(open);
  }

  #close(close: string): void {
    this.text += close;
    this.#left -= close.length;
  }

  #string(value: string): void {
    this.#emit(this.#left > 0 ? `'${truncate(value, this.#left).replaceAll("'", "\\'")}'` : '');
  }

  #atom(text: string): void {
    this.#emit(this.#left > 0 ? truncate(text, this.#left) : '');
  }

  #isCut(): boolean {
    return this.#cut;
  }

  /** Once cut nothing more is shown; only open containers are closed. */
  #emit(token: string): boolean {
    if (this.#isCut()) return false;
    if (this.#left <= 0) {
      this.text += ', ...';
      this.#cut = true;
      return false;
    }
    this.text += token;
    this.#left -= codePoints(token);
    return true;
  }
}

/**
 * A JSON value as Python's `repr` shows it, three levels deep and cut at `maxLength` characters; what `argsrepr`, events and
 * monitors carry. Mirrors celery/utils/saferepr.py `saferepr` (its 5.7 form, which closes cut containers).
 */
export const pythonRepr = (value: unknown, maxLength = 1024): string => {
  const writer = new ReprWriter(maxLength);
  writer.value(value, 0);
  return writer.text;
};

/** The same for positional arguments, which Python shows as a tuple: `(2, 3)`, `(2,)`, `()`. */
export const pythonReprArgs = (args: readonly unknown[], maxLength = 1024): string => {
  const writer = new ReprWriter(maxLength);
  writer.sequence(args, '(', args.length === 1 ? ',)' : ')', 0);
  return writer.text;
};
