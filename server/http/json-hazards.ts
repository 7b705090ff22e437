import type { InputProblem } from '../errors';

/** Keys that change an object's prototype in careless code further on. */
const HAZARDOUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Only a text with such a number in it can hold one that JSON.parse changes; most texts end here. */
const MAY_BE_INEXACT = /\d{16}|\d[eE]/;
const STRING = /"(?:[^"\\]|\\.)*"/g;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Values that JSON.parse made of literals it could not keep. Empty nearly always, and then nothing was allocated. */
export function inexactNumbers(text: string): ReadonlySet<number> | undefined {
  if (!MAY_BE_INEXACT.test(text)) return undefined;
  let changed: Set<number> | undefined;
  for (const [literal] of text.replace(STRING, '""').matchAll(NUMBER)) {
    const value = Number(literal);
    const isWhole = !/[.eE]/.test(literal);
    const underflown = value === 0 && /[1-9]/.test(literal.replace(/[eE].*$/, ''));
    if ((isWhole && !Number.isSafeInteger(value)) || !Number.isFinite(value) || underflown) {
      changed ??= new Set();
      changed.add(value);
    }
  }
  return changed;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function step(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function textProblem(text: string): string | undefined {
  if (LONE_SURROGATE.test(text)) return 'holds a lone surrogate';
  return text.includes('\0') ? 'holds a NUL character' : undefined;
}

/**
 * Finds what JSON can say and a worker must not get: nesting that kills a Python worker, keys that pollute prototypes,
 * texts that UTF-8 cannot carry, numbers that are no longer what the caller wrote. Reports the first of each branch.
 *
 * Pointers are put together only on the way back from a finding, so that an acceptable body costs one plain walk.
 */
export class JsonHazards {
  private inexact: ReadonlySet<number> | undefined;
  /** In UTF-8 only an escape can bring a lone surrogate or a NUL: without one no text needs a look. */
  private escapes: boolean = false;

  constructor(private readonly maxDepth: number) {}

  /** The first hazard in a parsed value, or undefined. `text` is what it was parsed from. */
  find(value: unknown, text: string): InputProblem | undefined {
    this.inexact = inexactNumbers(text);
    this.escapes = text.includes('\\u');
    return this.walk(value, 1);
  }

  private walk(value: unknown, depth: number): InputProblem | undefined {
    if (typeof value === 'string') {
      const detail = this.escapes ? textProblem(value) : undefined;
      return detail === undefined ? undefined : { pointer: '', detail };
    }
    if (typeof value === 'number') {
      const changed = this.inexact?.has(value) === true;
      return changed
        ? { pointer: '', detail: 'is a number that cannot be kept exactly; send it as a string' }
        : undefined;
    }
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > this.maxDepth)
      return { pointer: '', detail: `is nested deeper than ${this.maxDepth} levels` };
    return Array.isArray(value) ? this.walkArray(value, depth) : this.walkObject(value, depth);
  }

  private walkArray(items: readonly unknown[], depth: number): InputProblem | undefined {
    for (let index = 0; index < items.length; index += 1) {
      const found = this.walk(items[index], depth + 1);
      if (found !== undefined) return { pointer: step('', index) + found.pointer, detail: found.detail };
    }
    return undefined;
  }

  private walkObject(object: object, depth: number): InputProblem | undefined {
    for (const key in object) {
      if (HAZARDOUS_KEYS.has(key)) return { pointer: step('', key), detail: 'is a key that is not allowed' };
      const problem = this.escapes ? textProblem(key) : undefined;
      if (problem !== undefined) return { pointer: '', detail: `has a key that ${problem}` };
      const found = this.walk((object as Readonly<Record<string, unknown>>)[key], depth + 1);
      if (found !== undefined) return { pointer: step('', key) + found.pointer, detail: found.detail };
    }
    return undefined;
  }
}
