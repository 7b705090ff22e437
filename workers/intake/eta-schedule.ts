const MAX_TIMER_MS = 2 ** 31 - 1;

interface Held<T> {
  readonly task: T;
  readonly until: number;
  timer: NodeJS.Timeout;
}

/** Tasks held until their ETA. One timer each: held tasks are few beside the ones that run at once. */
export class EtaSchedule<T> {
  private readonly held = new Map<T, Held<T>>();

  constructor(
    private readonly now: () => number,
    private readonly fire: (task: T) => void,
  ) {}

  get size(): number {
    return this.held.size;
  }

  /** `until` is epoch ms. */
  hold(task: T, until: number): void {
    this.held.set(task, { task, until, timer: this.arm(task, until) });
  }

  /** In the order they were received. */
  entries(): readonly { readonly task: T; readonly until: number }[] {
    return [...this.held.values()];
  }

  remove(matches: (task: T) => boolean): readonly T[] {
    const removed = [...this.held.values()].filter(({ task }) => matches(task));
    for (const { task, timer } of removed) {
      clearTimeout(timer);
      this.held.delete(task);
    }
    return removed.map(({ task }) => task);
  }

  /** A timer may fire a moment early by the wall clock, and cannot wait longer than 24.8 days: then it is armed again. */
  private arm(task: T, until: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        const held = this.held.get(task);
        if (held === undefined) return;
        if (this.now() < until) {
          held.timer = this.arm(task, until);
          return;
        }
        this.held.delete(task);
        this.fire(task);
      },
      Math.min(Math.max(0, until - this.now()), MAX_TIMER_MS),
    );
  }
}
