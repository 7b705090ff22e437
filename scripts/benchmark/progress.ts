const WIDTH = 24;

/**
 * A bar on a terminal, a line per step elsewhere, and a line for each figure as soon as it is measured: a whole run takes
 * many minutes. Always on stderr, so that stdout holds the result alone.
 */
export class Progress {
  readonly #total: number;
  readonly #startedAt = performance.now();
  #done = 0;
  #label = '';

  constructor(total: number) {
    this.#total = total;
  }

  /** Says what is being measured now. */
  step(label: string): void {
    const share = Math.min(1, this.#done / this.#total);
    const filled = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    const line = `${bar} ${String(Math.round(share * 100)).padStart(3)} % ${String(seconds).padStart(4)} s  ${label}`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    this.#done += 1;
    this.#label = label;
  }

  /** Tells what the last step measured. */
  measured(figure: string): void {
    this.#line(`${this.#label}: ${figure}`);
  }

  /** Tells what some steps come to. */
  row(text: string): void {
    this.#line(`= ${text}`);
  }

  #line(text: string): void {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}\n` : `  ${text}\n`);
  }

  finish(): void {
    this.#done = this.#total;
    this.step('done');
    if (process.stderr.isTTY) process.stderr.write('\n');
  }
}
