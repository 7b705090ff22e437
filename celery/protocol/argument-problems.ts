import type { TaskProblem } from '../errors';

/** Deepest nesting a Python worker is ever sent: near 900 levels kill its process, and the message kills the next one. */
export const MAX_ARGUMENT_DEPTH = 32;
/** Signatures nest canvases in canvases, five containers a level; our own reader takes 256 in all. */
export const MAX_SIGNATURE_DEPTH = 240;
/** Problems reported at most: a hostile submission must not make a huge answer. */
const MAX_PROBLEMS = 100;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const BAD_TEXT = /[\0\p{Surrogate}]/u;

/** One reference token of an RFC 6901 pointer. */
const token = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

/** An RFC 6901 pointer from keys. */
export const jsonPointer = (keys: ReadonlyArray<string | number>): string =>
  keys.map((key) => `/${token(key)}`).join('');

/** What is wrong with a text, if anything: both things are lost or refused on the way to Python. */
export const textProblem = (text: string): string | undefined => {
  if (!BAD_TEXT.test(text)) return undefined;
  return text.includes('\0') ? 'the text contains NUL' : 'the text contains a lone surrogate';
};

const numberProblem = (value: number): string | undefined => {
  if (!Number.isFinite(value)) return 'the number is not finite';
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return 'the integer is beyond ±(2^53 − 1) and not exact: send it as a string';
  }
  return undefined;
};

/** By the end of its chain, not by identity: an object of another realm (a vm's) is as plain. */
const isPlainObject = (object: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/**
 * Finds everything in arguments that would change, vanish or do harm on the way to a worker. One pass, no allocation per value
 * unless it is a problem, and no recursion below the greatest depth allowed, so that the depth of hostile input costs nothing.
 */
export class ArgumentInspector {
  readonly problems: TaskProblem[] = [];
  readonly #path: Array<string | number> = [];
  #depth = 0;
  #maxDepth = MAX_ARGUMENT_DEPTH;

  /** @param at pointer keys of `value`, for example `['args']`. */
  inspect(value: unknown, at: ReadonlyArray<string | number>, maxDepth = MAX_ARGUMENT_DEPTH): void {
    this.#maxDepth = maxDepth;
    for (const key of at) this.#path[this.#depth++] = key;
    this.#visit(value, 1);
    this.#depth = 0;
  }

  add(pointer: string, detail: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ pointer, detail });
  }

  #report(detail: string): void {
    this.add(jsonPointer(this.#path.slice(0, this.#depth)), detail);
  }

  #visit(value: unknown, level: number): void {
    if (typeof value === 'object' && value !== null) this.#container(value, level);
    else {
      const problem = this.#scalar(value);
      if (problem !== undefined) this.#report(problem);
    }
  }

  #scalar(value: unknown): string | undefined {
    switch (typeof value) {
      case 'string':
        return textProblem(value);
      case 'number':
        return numberProblem(value);
      case 'boolean':
      case 'bigint':
      case 'object':
        return undefined;
      default:
        return `${typeof value} is no JSON value`;
    }
  }

  #container(value: object, level: number): void {
    if (value instanceof Uint8Array) return;
    if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) this.#report('the date is invalid');
    } else if (level > this.#maxDepth) this.#report(`nested deeper than ${this.#maxDepth} levels`);
    else if (Array.isArray(value)) this.#array(value, level);
    else if (isPlainObject(value)) this.#object(value as Readonly<Record<string, unknown>>, level);
    else this.#report('only plain objects can be sent');
  }

  #array(items: readonly unknown[], level: number): void {
    const depth = this.#depth++;
    for (let i = 0; i < items.length; i += 1) {
      this.#path[depth] = i;
      this.#visit(items[i], level + 1);
    }
    this.#depth = depth;
  }

  #object(object: Readonly<Record<string, unknown>>, level: number): void {
    const depth = this.#depth++;
    for (const key in object) {
      this.#path[depth] = key;
      if (FORBIDDEN_KEYS.has(key)) this.#report('the key is not allowed');
      else if (BAD_TEXT.test(key)) this.#report('the key contains NUL or a lone surrogate');
      else if (object[key] !== undefined) this.#visit(object[key], level + 1);
    }
    this.#depth = depth;
  }
}
