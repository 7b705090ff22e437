import { join } from 'node:path';
import { TestProcess } from './child-process';
import { until } from './until';

const FIXTURES = join(__dirname, '..', 'fixtures', 'celery-node');

export interface CeleryNodeOptions {
  readonly brokerUrl: string;
  /** Only `redis://` carries results between celery-node and anyone else. */
  readonly resultBackend: string;
  readonly queue?: string;
}

export interface CeleryNodeAnswer {
  readonly taskId: string;
  readonly value?: unknown;
  readonly error?: string;
}

const start = (program: string, options: CeleryNodeOptions, readyWhen: RegExp): Promise<TestProcess> =>
  TestProcess.start({
    command: process.execPath,
    args: [join(FIXTURES, program), options.brokerUrl, options.resultBackend, options.queue ?? 'celery'],
    readyWhen,
  });

/** A stock celery-node client in a process of its own. */
export class CeleryNodeClient {
  readonly #process: TestProcess;

  private constructor(process: TestProcess) {
    this.#process = process;
  }

  static async start(options: CeleryNodeOptions): Promise<CeleryNodeClient> {
    return new CeleryNodeClient(await start('client.js', options, /^ready$/m));
  }

  /** Sends one task and waits for its result. Calls must not overlap: answers carry no number. */
  async call(task: string, args: readonly unknown[], timeoutMs = 10_000): Promise<CeleryNodeAnswer> {
    const seen = this.#process.output.length;
    this.#process.writeLine(JSON.stringify({ task, args, kwargs: {}, timeoutMs }));
    const line = await until(() => /^\{.*\}$/m.exec(this.#process.output.slice(seen))?.[0], {
      timeoutMs: timeoutMs + 2_000,
      what: `celery-node's answer to ${task}`,
    });
    return JSON.parse(line) as CeleryNodeAnswer;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}

/** A stock celery-node worker in a process of its own. It has no shutdown, so it is ended by signal. */
export const startCeleryNodeWorker = (options: CeleryNodeOptions): Promise<TestProcess> =>
  start('worker.js', options, /^consuming$/m);
