import { createServer } from 'node:net';
import { TestProcess } from './child-process';
import { type PythonApp, pythonProcess } from './python';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

export interface FlowerAnswer {
  readonly status: number;
  readonly text: string;
}

/** Stock Flower, the monitor most Celery users have. */
export class Flower {
  private constructor(
    private readonly process: TestProcess,
    private readonly url: string,
  ) {}

  /** Resolves once it serves; it needs some seconds more until it has inspected the workers. */
  static async start(app: PythonApp): Promise<Flower> {
    const port = await freePort();
    const args = ['flower', '--address=127.0.0.1', `--port=${port}`, '--inspect_timeout=1000'];
    const process = await TestProcess.start({
      ...pythonProcess({ ...app, env: { ...app.env, FLOWER_UNAUTHENTICATED_API: 'true' } }, args),
      readyWhen: /Visit me at/,
      readyTimeoutMs: 45_000,
    });
    return new Flower(process, `http://127.0.0.1:${port}`);
  }

  get output(): string {
    return this.process.output;
  }

  get(path: string): Promise<FlowerAnswer> {
    return this.request('GET', path);
  }

  post(path: string, body?: unknown): Promise<FlowerAnswer> {
    return this.request('POST', path, body);
  }

  /** The body of a JSON answer. */
  async json<T>(path: string): Promise<T> {
    const { status, text } = await this.get(path);
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  private async request(method: string, path: string, body?: unknown): Promise<FlowerAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }
}
