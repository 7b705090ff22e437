import { ContentError } from './content-error';

/** Python 3.11 refuses longer integers too, for the same reason: reading them takes quadratic time. */
const MAX_INTEGER_DIGITS = 4300;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/suy;
const SPACE = /[ \t\r\n]*/y;
const WORDS: ReadonlyArray<readonly [string, unknown]> = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

/** JSON as Python's `json` module reads it: with NaN and infinities, and with integers of any size (`bigint`). */
class PythonJsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail();
    return value;
  }

  #value(): unknown {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #object(): object {
    const object: Record<string, unknown> = {};
    this.#list('}', () => {
      this.#skipSpace();
      const key = this.#string();
      this.#expect(':');
      const value = this.#value();
      // Assignment to `__proto__` would change the prototype; JSON.parse makes an own property of it as well.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
      else object[key] = value;
    });
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#list(']', () => {
      array.push(this.#value());
    });
    return array;
  }

  #list(end: string, readItem: () => void): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(end)) return;
    do readItem();
    while (this.#take(','));
    this.#expect(end);
  }

  #string(): string {
    return JSON.parse(this.#match(STRING)[0]) as string;
  }

  #number(): number | bigint {
    const [text, fraction, exponent] = this.#match(NUMBER);
    const value = Number(text);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(value)) return value;
    if (text.length > MAX_INTEGER_DIGITS)
      throw new ContentError('decode_failed', 'an integer has too many digits');
    return BigInt(text);
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? this.#fail();
    this.#at = pattern.lastIndex;
    return match;
  }

  #take(char: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) this.#fail();
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #fail(): never {
    throw new ContentError('decode_failed', `no JSON at character ${this.#at}`);
  }
}

/**
 * Parses JSON with Python's extensions. It recurses once per level: the caller bounds the depth first.
 * @throws ContentError `decode_failed`; SyntaxError for a bad escape in a string.
 */
export const parsePythonJson = (text: string): unknown => new PythonJsonReader(text).document();
