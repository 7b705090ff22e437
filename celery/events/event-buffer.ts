import { type CeleryEvent, eventGroup } from '../protocol';

/** Events waiting to be sent, oldest first and bounded: when full, the oldest makes room. */
export class EventBuffer {
  readonly #limit: number;
  #events: CeleryEvent[] = [];
  /** Index of the oldest event still here; taken ones are cut off in bulk. */
  #head = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#events.length - this.#head;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(event: CeleryEvent): void {
    if (this.size >= this.#limit) {
      this.#advance(1);
      this.#dropped += 1;
    }
    this.#events.push(event);
  }

  /** Takes what may share one message: consecutive task events up to `most`, or a single event of another group. */
  take(most: number): readonly CeleryEvent[] {
    let end = this.#head;
    while (end < this.#events.length && end - this.#head < most && isTaskEvent(this.#events[end])) end += 1;
    const taken = this.#events.slice(this.#head, Math.max(end, this.#head + 1));
    this.#advance(taken.length);
    return taken;
  }

  #advance(count: number): void {
    this.#head += count;
    if (this.#head < 1024 && this.#head < this.#events.length) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }
}

const isTaskEvent = (event: CeleryEvent | undefined): boolean =>
  event !== undefined && eventGroup(event.type) === 'task';
