import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Gateway } from './gateway';
import { Program } from './program';

export interface StageOptions {
  readonly brokerUrl: string;
  /** A Python with Celery, which then sends the notifications; without one the TypeScript worker does. */
  readonly python: string | undefined;
  readonly say: (line: string) => void;
}

const DIST = join(__dirname, '..', '..');
const ROOT = join(DIST, '..');
const MAIL_QUEUE = 'desk.mail';
const PATIENCE_MS = 60_000;

/** The programs of the demonstration: a gateway, a worker that comes and goes, and Python's if there is one. */
export class Stage {
  readonly gateway: Gateway;
  /** Recipients of all notifications so far, in their order; some may come twice. */
  readonly notified: string[] = [];
  private worker: Program | undefined;

  private constructor(
    private readonly options: StageOptions,
    private readonly programs: Program[],
    gateway: Gateway,
    private readonly over: AbortController,
  ) {
    this.gateway = gateway;
  }

  static async build(options: StageOptions): Promise<Stage> {
    const secret = randomBytes(32).toString('base64url');
    const hash = createHash('sha256').update(secret).digest('hex');
    const [program, said] = await Program.start({
      name: 'gateway',
      command: process.execPath,
      args: [join(DIST, 'server', 'main.js')],
      env: {
        ...environment(options),
        GATEWAY_PORT: '0',
        GATEWAY_API_KEYS: `demo:admin:${hash}`,
        RABBITMQ_ENABLED: 'true',
        RABBITMQ_MANAGEMENT_ENABLED: 'true',
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
      },
      ready: /"url":"http:\/\/[^"]*:(\d+)"/,
    });
    const gateway = new Gateway(`http://127.0.0.1:${said[1]}`, `cgw_demo_${secret}`);
    const stage = new Stage(options, [program], gateway, new AbortController());
    try {
      await stage.until('the gateway being ready', () => gateway.isReady());
      await stage.startWorker('desk-of-two-languages');
      if (options.python !== undefined) await stage.startPython(options.python);
      await gateway.follow((recipient) => stage.notified.push(recipient), stage.over.signal);
      return stage;
    } catch (error) {
      await stage.end();
      throw error;
    }
  }

  /** @param desk module of this folder with the service desk */
  async startWorker(desk: string): Promise<void> {
    const ownTasks = join(DIST, 'workers', 'tasks');
    const queue = this.options.python === undefined ? MAIL_QUEUE : 'desk.other';
    const [worker] = await Program.start({
      name: 'worker',
      command: process.execPath,
      args: [
        join(DIST, 'workers', 'main.js'),
        ...['--tasks', `${ownTasks},${join(__dirname, `${desk}.js`)}`],
        ...['-Q', queue, '-n', 'desk@%h', '--without-mingle'],
      ],
      env: environment(this.options),
      ready: / ready\./,
    });
    this.worker = worker;
  }

  async endWorker(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.worker?.end(signal);
    this.worker = undefined;
  }

  /** @throws Error when it does not come true. */
  async until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await check())) {
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async end(): Promise<void> {
    this.over.abort();
    await this.endWorker('SIGTERM');
    for (const program of [...this.programs].reverse()) await program.end();
  }

  private async startPython(python: string): Promise<void> {
    const [program] = await Program.start({
      name: 'python worker',
      command: python,
      args: [
        '-m',
        'celery',
        '-A',
        'app',
        'worker',
        '-Q',
        MAIL_QUEUE,
        '-c',
        '1',
        '-l',
        'INFO',
        '-n',
        'mail@%h',
      ],
      cwd: join(ROOT, 'workers', 'python'),
      env: { ...environment(this.options), PYTHONDONTWRITEBYTECODE: '1' },
      ready: / ready\./,
    });
    this.programs.push(program);
  }
}

const environment = ({ brokerUrl }: StageOptions) => ({
  CELERY_BROKER_URL: brokerUrl,
  CELERY_RESULT_BACKEND: 'rpc://',
});
