/** Longest text of each kind a record holds; full values are read from the stores. */
export const MAX_TEXT = 2048;
export const MAX_TRACEBACK = 16 * 1024;

/** @returns null for what is no text or empty. */
export const cut = (value: unknown, most: number = MAX_TEXT): string | null => {
  if (typeof value !== 'string' || value === '') return null;
  // A slice would keep the long text alive.
  return value.length <= most ? value : Buffer.from(value.slice(0, most)).toString();
};

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** A value as one line of JSON, cut. */
export const jsonText = (value: unknown): string | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return cut(value);
  try {
    return cut(JSON.stringify(value));
  } catch {
    return jsonWithBigInts(value);
  }
};

/** A replacer makes `stringify` several times slower: only where plain JSON refuses. */
const jsonWithBigInts = (value: unknown): string | null => {
  try {
    return cut(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}` : each)));
  } catch {
    return null;
  }
};

const MAX_SHARED = 20_000;

/** One copy of each name of tasks, workers and queues: there are few, and each is in very many records. */
export class SharedNames {
  readonly #names = new Map<string, string>();

  share(name: string | null): string | null {
    if (name === null) return null;
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_SHARED) this.#names.clear();
    this.#names.set(name, name);
    return name;
  }
}
