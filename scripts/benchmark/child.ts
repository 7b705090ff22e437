import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  readonly command?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The child is ready once its output has this. */
  readonly readyWhen: RegExp;
}

/** A subject under measurement or the load on it, in a process of its own. */
export interface Child {
  readonly pid: number;
  /** The match of `readyWhen`, e.g. a port. */
  readonly ready: RegExpExecArray;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
/** Enough of the end of a child's output to explain why it failed, without keeping a long run's log. */
const KEPT_OUTPUT = 16_384;

const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const hardStop = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(hardStop);
};

/** Starts a child and waits until it is ready; throws with the end of its output when it is not. `onStart` gets its pid at once. */
export const startChild = (
  options: ChildOptions,
  onStart: (pid: number) => void = () => {},
): Promise<Child> =>
  new Promise((resolve, reject) => {
    const command = options.command ?? process.execPath;
    const child = spawn(command, options.args, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onStart(child.pid ?? 0);
    let output = '';
    let settled = false;
    const fail = (why: string): void => {
      if (settled) return;
      settled = true;
      void stopChild(child);
      reject(new Error(`${command} ${options.args.join(' ')} ${why}:\n${output}`));
    };
    const timer = setTimeout(() => fail('did not get ready'), READY_TIMEOUT_MS);
    const read = (text: string): void => {
      if (settled) return;
      output = (output + text).slice(-KEPT_OUTPUT);
      const ready = options.readyWhen.exec(output);
      if (ready === null) return;
      settled = true;
      clearTimeout(timer);
      resolve({ pid: child.pid ?? 0, ready, stop: () => stopChild(child) });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with code ${code}`));
  });

/** Runs a child to its end and returns what it wrote on stdout. */
export const runChild = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${args.join(' ')} ended with code ${code}`));
    });
  });
