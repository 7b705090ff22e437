import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it writes once it works. */
  readonly ready: RegExp;
}

const READY_MS = 60_000;

/** A program of the demonstration, in a process of its own. */
export class Program {
  private output = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
  }

  /** Resolves with what its output says of `ready`. @throws Error with its output when it ends or takes too long. */
  static async start({
    name,
    command,
    args,
    env,
    cwd,
    ready,
  }: ProgramOptions): Promise<[Program, RegExpExecArray]> {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const program = new Program(name, child);
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const said = ready.exec(program.output);
      if (said !== null) return [program, said];
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`${name} did not start:\n${program.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Resolves once it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}
