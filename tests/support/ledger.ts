import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One run of `interop.record`, in either language. */
export interface LedgerRun {
  readonly number: number;
  readonly worker: string;
}

/** A file to which `interop.record` appends each of its runs, so that one is counted where no result shows it. */
export class Ledger {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(): Promise<Ledger> {
    const ledger = new Ledger(await mkdtemp(join(tmpdir(), 'ledger-')));
    await writeFile(ledger.#path, '');
    return ledger;
  }

  /** For the workers that are to write into it. */
  get env(): Readonly<Record<string, string>> {
    return { INTEROP_LEDGER: this.#path };
  }

  async runs(): Promise<readonly LedgerRun[]> {
    const lines = (await readFile(this.#path, 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => {
      const [number, worker = ''] = line.split(' ');
      return { number: Number(number), worker };
    });
  }

  async stop(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #path(): string {
    return join(this.#directory, 'runs');
  }
}
