import type { Facet } from './task-facets';

/** The fields of a task by which tasks are counted. */
export type Countable = Readonly<Record<Facet, string | null>>;

/** How many tasks have these values. */
export interface Cell extends Countable {
  count: number;
}

/** A task that is counted in one cell. */
export interface Counted extends Countable {
  cell: Cell | undefined;
}

const keyOf = ({ state, name, worker, queue }: Countable): string =>
  `${state}\n${name ?? '\t'}\n${worker ?? '\t'}\n${queue ?? '\t'}`;

/**
 * Counts of all tasks by state, name, worker and queue together, kept as tasks change: a question about these needs no look
 * at a hundred thousand tasks. There are as many cells as different combinations, which are few.
 */
export class TaskCounts {
  readonly #cells = new Map<string, Cell>();

  /** To be called after each change of a task. */
  place(task: Counted): void {
    const { cell, state, name, worker, queue } = task;
    if (
      cell !== undefined &&
      cell.state === state &&
      cell.name === name &&
      cell.worker === worker &&
      cell.queue === queue
    )
      return;
    this.remove(task);
    const key = keyOf(task);
    const known = this.#cells.get(key);
    if (known !== undefined) {
      known.count += 1;
      task.cell = known;
      return;
    }
    task.cell = { state, name, worker, queue, count: 1 };
    this.#cells.set(key, task.cell);
  }

  remove(task: Counted): void {
    const { cell } = task;
    if (cell === undefined) return;
    task.cell = undefined;
    cell.count -= 1;
    if (cell.count === 0) this.#cells.delete(keyOf(cell));
  }

  forEach(visit: (cell: Cell) => void): void {
    for (const cell of this.#cells.values()) visit(cell);
  }
}
