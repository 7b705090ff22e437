import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type ChildOptions, TestProcess } from './child-process';

/** Stock Celery for the tests: the interpreter of `TEST_PYTHON` (set by `scripts/test`), else the system's. */
export const python = (): string => process.env.TEST_PYTHON ?? 'python3';

export const REPOSITORY = join(__dirname, '..', '..');

export interface PythonApp {
  /** `amqp://` URL of the vhost under test. */
  readonly brokerUrl: string;
  /** `rpc://` when not given. */
  readonly resultBackend?: string;
  /** Module with the Celery app; `interop_app` of tests/fixtures/python when not given. */
  readonly app?: string;
  /** The folder that module is in, seen from the repository. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PythonWorkerOptions extends PythonApp {
  readonly queues?: readonly string[];
  readonly concurrency?: number;
  readonly pool?: 'prefork' | 'solo' | 'threads';
  /** Node name; `%h` is the host's. */
  readonly name?: string;
  readonly extraArgs?: readonly string[];
}

const environment = (app: PythonApp): Record<string, string> => ({
  CELERY_BROKER_URL: app.brokerUrl,
  CELERY_RESULT_BACKEND: app.resultBackend ?? 'rpc://',
  PYTHONPATH: join(REPOSITORY, app.folder ?? 'tests/fixtures/python'),
  PYTHONUNBUFFERED: '1',
  PYTHONDONTWRITEBYTECODE: '1',
  C_FORCE_ROOT: '1',
  ...app.env,
});

const celeryArgs = (app: PythonApp): string[] => ['-m', 'celery', '-A', app.app ?? 'interop_app'];

/** A `celery` program of the app that runs until it is stopped (`flower`, `events`), for `TestProcess.start`. */
export const pythonProcess = (
  app: PythonApp,
  args: readonly string[],
): Pick<ChildOptions, 'command' | 'args' | 'env'> => ({
  command: python(),
  args: [...celeryArgs(app), ...args],
  env: environment(app),
});

/** Starts a stock Celery worker and waits until it consumes. */
export const startPythonWorker = (options: PythonWorkerOptions): Promise<TestProcess> =>
  TestProcess.start({
    command: python(),
    args: [
      ...celeryArgs(options),
      'worker',
      '--loglevel=INFO',
      '-E',
      `--queues=${(options.queues ?? ['celery']).join(',')}`,
      `--concurrency=${options.concurrency ?? 1}`,
      `--pool=${options.pool ?? 'prefork'}`,
      `--hostname=${options.name ?? 'python@%h'}`,
      ...(options.extraArgs ?? []),
    ],
    env: environment(options),
    readyWhen: / ready\./,
    readyTimeoutMs: 45_000,
  });

export interface Completed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const complete = (args: readonly string[], app: PythonApp, timeoutMs: number): Promise<Completed> =>
  new Promise((resolve, reject) => {
    execFile(
      python(),
      args,
      { env: { ...process.env, ...environment(app) }, timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') {
          reject(
            new Error(`python did not finish: ${error.message}\n${stdout}\n${stderr}`, { cause: error }),
          );
        } else {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
        }
      },
    );
  });

/** Runs one `celery` command line (`status`, `inspect ping`, ...) to its end. */
export const celeryCommand = (
  app: PythonApp,
  args: readonly string[],
  timeoutMs = 40_000,
): Promise<Completed> => complete([...celeryArgs(app), ...args], app, timeoutMs);

/**
 * Runs Python source and returns the JSON its last line of output holds. `app` (the Celery app), `json`, `sys` and
 * `answer(value)`, which prints that line, are at hand.
 */
export const runPython = async <T = unknown>(
  app: PythonApp,
  source: string,
  timeoutMs = 45_000,
): Promise<T> => {
  const prelude = `import json, sys\nfrom ${app.app ?? 'interop_app'} import app\ndef answer(value):\n    print(json.dumps(value))\n`;
  const { code, stdout, stderr } = await complete(['-c', `${prelude}${source}`], app, timeoutMs);
  const last = stdout.trim().split('\n').at(-1);
  if (code !== 0 || last === undefined || last === '') {
    throw new Error(`python ended with code ${code}:\n${stdout}\n${stderr}`);
  }
  return JSON.parse(last) as T;
};
