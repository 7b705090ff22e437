import { typeName } from '../schema-type';

/** Lines from which on an object's type reads better under a name of its own. */
const LONG = 8;

/** Whether it is one object's type, and not several put together. */
function isObject(type: string): boolean {
  if (!type.startsWith('{')) return false;
  let depth = 0;
  for (let at = 0; at < type.length; at += 1) {
    if (type[at] === '{') depth += 1;
    if (type[at] === '}') depth -= 1;
    if (depth === 0) return at === type.length - 1;
  }
  return false;
}

/** The long types of a tag's operations, told under names made from the operations. */
export class LongTypes {
  readonly #names = new Map<string, string>();

  /** Name and type of each, in order. */
  get all(): readonly (readonly [name: string, type: string])[] {
    return [...this.#names].map(([type, name]) => [name, type]);
  }

  /** The name by which a type is told from here on; a short one is told as it is. */
  told(type: string, operationId: string, part: 'Body' | 'Query' | 'Answer'): string {
    const known = this.#names.get(type);
    if (known !== undefined) return known;
    if (!isObject(type) || type.split('\n').length < LONG) return type;
    const name = `${typeName(operationId)}${part}`;
    this.#names.set(type, name);
    return name;
  }
}
