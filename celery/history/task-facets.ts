import type { Countable } from './task-counts';

/** What matching tasks can be counted by. */
export const FACETS = ['state', 'name', 'worker', 'queue'] as const;
export type Facet = (typeof FACETS)[number];

/** One value and how many tasks have it. */
export interface FacetCount {
  readonly value: string | null;
  readonly count: number;
}

/** Counted in place. */
interface Count {
  readonly value: string | null;
  count: number;
}

/** Values told per facet: the most frequent ones. */
const MOST = 100;

/** Counts tasks by some of their fields. */
export class FacetCounter {
  readonly #counts: readonly (readonly [Facet, Map<string | null, Count>])[];
  #total = 0;

  constructor(facets: readonly Facet[]) {
    this.#counts = facets.map((facet) => [facet, new Map()] as const);
  }

  get total(): number {
    return this.#total;
  }

  /** So many tasks with these values. */
  count(task: Countable, times: number): void {
    this.#total += times;
    for (const [facet, counts] of this.#counts) {
      const value = task[facet];
      const known = counts.get(value);
      if (known === undefined) counts.set(value, { value, count: times });
      else known.count += times;
    }
  }

  /** Most frequent first. */
  result(): Partial<Record<Facet, readonly FacetCount[]>> {
    const found: Partial<Record<Facet, readonly FacetCount[]>> = {};
    for (const [facet, counts] of this.#counts) {
      found[facet] = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, MOST);
    }
    return found;
  }
}
