import type { TestProcess } from '../child-process';
import { until } from '../until';

/** A worker that is started again whenever it dies, as its supervisor would. */
export class Respawned {
  #current: TestProcess | undefined;
  #stopped = false;
  #deaths = 0;
  readonly #running: Promise<void>;

  constructor(private readonly start: () => Promise<TestProcess>) {
    this.#running = this.#run();
  }

  get deaths(): number {
    return this.#deaths;
  }

  /** SIGKILL, now or as soon as there is something to kill. */
  async kill(): Promise<void> {
    await until(() => this.#current !== undefined && !this.#current.exited, { timeoutMs: 60_000 });
    await this.#current?.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#current?.stop('SIGKILL');
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped()) {
      this.#current = await this.start().catch(() => undefined);
      if (this.#isStopped()) await this.#current?.stop('SIGKILL');
      await this.#current?.exit();
      if (!this.#isStopped()) this.#deaths += 1;
    }
  }

  #isStopped(): boolean {
    return this.#stopped;
  }
}
