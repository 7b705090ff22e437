interface Stoppable {
  stop(): Promise<void>;
}

/**
 * What a test file started, to be undone in reverse order. Things are taken while they still start, so that one that
 * fails does not leave the others running.
 */
export class Cleanup {
  readonly #undo: (() => Promise<unknown>)[] = [];

  /** Stops it at the end. */
  async stops<T extends Stoppable>(starting: Promise<T> | T): Promise<T> {
    this.#undo.push(async () => {
      const [outcome] = await Promise.allSettled([starting]);
      if (outcome.status === 'fulfilled') await outcome.value.stop();
    });
    return await starting;
  }

  /** Runs the function at the end. */
  does(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  /** Undoes everything, also when a step fails; then the first failure is thrown. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.#undo.splice(0).reverse()) {
      await undo().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
