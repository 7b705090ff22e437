import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CanvasCaller } from './canvas';
import type { CallerOptions } from './canvas-caller';

/** The Python files stay where they are; only TypeScript is built. */
const SUBJECTS = join(__dirname, '..', '..', '..', 'scripts', 'benchmark', 'subjects');

/** A stock Celery client in a process of its own, asked over its standard input. */
export const startPythonCaller = async (options: CallerOptions): Promise<CanvasCaller> => {
  const child = spawn(options.python, [join(SUBJECTS, 'canvas_caller.py'), options.queue], {
    env: {
      ...process.env,
      PYTHONPATH: SUBJECTS,
      PYTHONDONTWRITEBYTECODE: '1',
      CELERY_BROKER_URL: options.brokerUrl,
      CELERY_RESULT_BACKEND: options.redisUrl,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the Python caller ended');
    return value;
  };
  await next();
  return {
    time: async (shape, size) => {
      child.stdin.write(`${shape} ${size}\n`);
      const elapsedMs = Number(await next());
      if (Number.isNaN(elapsedMs)) throw new Error(`the ${shape} of Python did not end with the sum`);
      return elapsedMs;
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
};
