/** Stands for all values beyond the limit. */
export const OTHER = 'other';

type Labels = Readonly<Record<string, string>>;

/**
 * Keeps the number of label combinations within a limit: names come from messages, and whoever may submit could otherwise
 * make the gateway and Prometheus hold ever more series. Beyond the limit a combination counts as `other`.
 */
export class BoundedLabels<L extends Labels> {
  readonly #known = new Map<string, L>();

  constructor(private readonly limit: number) {}

  /** The combination to count under. */
  admit(labels: L): L {
    const key = Object.values(labels).join('\0');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size < this.limit) {
      this.#known.set(key, labels);
      return labels;
    }
    return Object.fromEntries(Object.keys(labels).map((name) => [name, OTHER])) as L;
  }

  /** Forgets combinations, which makes room. @returns those that were forgotten. */
  forget(matches: (labels: L) => boolean): readonly L[] {
    const forgotten: L[] = [];
    for (const [key, labels] of this.#known) {
      if (!matches(labels)) continue;
      this.#known.delete(key);
      forgotten.push(labels);
    }
    return forgotten;
  }
}
