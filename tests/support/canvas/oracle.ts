import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { python, REPOSITORY } from '../python';
import type { Question, Reply } from './question';

/** Stock Celery, asked about canvases: a child that takes a line of JSON and answers with one. */
export class CanvasOracle {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #errors = '';
  /** The Celery that answers. */
  version = '';

  private constructor() {
    this.#child = spawn(python(), ['tests/fixtures/python/canvas_oracle.py'], {
      cwd: REPOSITORY,
      env: { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  static async start(): Promise<CanvasOracle> {
    const oracle = new CanvasOracle();
    oracle.version = (await oracle.#line()).replace('oracle ready ', '');
    return oracle;
  }

  async ask(question: Question): Promise<Reply> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    return JSON.parse(await this.#line()) as Reply;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin.end();
    await gone;
    this.#reader.close();
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the oracle ended:\n${this.#errors}`);
    return value;
  }
}
