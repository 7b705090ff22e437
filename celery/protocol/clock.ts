/** Lamport's logical clock, shared by a process' events and control messages (kombu/clocks.py `LamportClock`). */
export class LamportClock {
  #value: number;

  constructor(initial = 0) {
    this.#value = initial;
  }

  get value(): number {
    return this.#value;
  }

  /** Advance for a message about to be sent, and return the value it carries. */
  forward(): number {
    this.#value += 1;
    return this.#value;
  }

  /** Move past the value of a received message. Values that are no safe integer are ignored: they are foreign input. */
  adjust(other: number): number {
    const seen = Number.isSafeInteger(other) && other > this.#value ? other : this.#value;
    this.#value = seen + 1;
    return this.#value;
  }
}
