import { BoundedIndex } from '../streams';
import type { ReceivedEvent } from './received-event';
import { mergeTaskEvent, type TaskSnapshot } from './task-snapshot';

export interface TaskEventsOptions {
  /** Default 100000. */
  readonly maxEntries?: number | undefined;
}

const DEFAULT_MAX_ENTRIES = 100_000;

/** What events tell of each task, bounded; those without news for longest go first. Mirrors celery/events/state.py `State`. */
export class TaskEvents {
  readonly #tasks: BoundedIndex<string, TaskSnapshot>;

  constructor({ maxEntries = DEFAULT_MAX_ENTRIES }: TaskEventsOptions = {}) {
    this.#tasks = new BoundedIndex(maxEntries);
  }

  get size(): number {
    return this.#tasks.size;
  }

  onEvent(event: ReceivedEvent): void {
    const { uuid } = event.fields;
    if (!event.type.startsWith('task-') || typeof uuid !== 'string') return;
    this.#tasks.set(uuid, mergeTaskEvent(this.#tasks.get(uuid), uuid, event));
  }

  get(taskId: string): TaskSnapshot | undefined {
    return this.#tasks.get(taskId);
  }

  /** The tasks with the latest news, newest first. */
  latest(limit: number): readonly TaskSnapshot[] {
    return [...this.#tasks.values()].slice(-limit).reverse();
  }
}
