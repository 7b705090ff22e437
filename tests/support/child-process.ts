import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What the child writes on stdout or stderr once it does its work; without it, being started is enough. */
  readonly readyWhen?: RegExp;
  readonly readyTimeoutMs?: number;
}

/** A child process whose output is kept and which is only ever stopped by its own pid. */
export class TestProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  #output = '';

  private constructor(options: ChildOptions) {
    this.#name = `${options.command} ${options.args.join(' ')}`;
    this.#child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.on('error', (error) => {
      this.#output += `\n${String(error)}\n`;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Starts the child and waits until it says that it is ready. Throws with its output when it ends before that. */
  static async start(options: ChildOptions): Promise<TestProcess> {
    const child = new TestProcess(options);
    const { readyWhen, readyTimeoutMs = 30_000 } = options;
    if (readyWhen === undefined) return child;
    try {
      await until(() => readyWhen.test(child.output) || child.exited, {
        timeoutMs: readyTimeoutMs,
        what: `${readyWhen} in the output of ${child.#name}`,
      });
    } catch (cause) {
      await child.stop('SIGKILL');
      throw new Error(`${child.#name} did not get ready:\n${child.output}`, { cause });
    }
    if (!readyWhen.test(child.output)) throw new Error(`${child.#name} ended:\n${child.output}`);
    return child;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.#name} was never started: ${this.#output}`);
    return pid;
  }

  /** Everything written so far on stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  get exited(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** One line of JSON per call, for children that take requests on stdin. */
  writeLine(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits for the end by itself; resolves to the exit code, or null when a signal ended it. */
  async exit(): Promise<number | null> {
    if (!this.exited) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  /** Sends the signal, waits for the end, and kills what does not stop within the deadline. Safe to repeat. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 15_000): Promise<void> {
    if (this.exited) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const hardStop = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs);
    await gone;
    clearTimeout(hardStop);
  }
}
