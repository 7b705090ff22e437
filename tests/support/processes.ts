import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { TestProcess } from './child-process';
import { until } from './until';

const REPOSITORY = join(__dirname, '..', '..');
const GATEWAY = join(REPOSITORY, 'dist', 'server', 'main.js');
const WORKER = join(REPOSITORY, 'dist', 'workers', 'main.js');
const INTEROP_TASKS = join(REPOSITORY, 'tests', 'fixtures', 'tasks', 'interop-tasks.js');

export interface GatewayOptions {
  readonly brokerUrl: string;
  readonly resultBackend?: string;
  /** 0, a free port, when not given. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The built gateway in a process of its own, with an admin, a submitter and a reader key. */
export class GatewayProcess {
  readonly process: TestProcess;
  readonly url: string;
  readonly keys: Readonly<Record<'admin' | 'submitter' | 'reader', string>>;

  private constructor(process: TestProcess, port: string, keys: GatewayProcess['keys']) {
    this.process = process;
    this.url = `http://127.0.0.1:${port}`;
    this.keys = keys;
  }

  /** Resolves once it is ready: its broker reached, its streams replayed. */
  static async start(options: GatewayOptions): Promise<GatewayProcess> {
    const secret = (): string => randomBytes(32).toString('base64url');
    const secrets = { admin: secret(), submitter: secret(), reader: secret() };
    const lines = Object.entries(secrets).map(
      ([role, text]) => `${role}:${role}:${createHash('sha256').update(text).digest('hex')}`,
    );
    const listening = /"url":"http:\/\/[^"]*:(\d+)"/;
    const process = await TestProcess.start({
      command: globalThis.process.execPath,
      args: [GATEWAY],
      env: {
        GATEWAY_PORT: String(options.port ?? 0),
        GATEWAY_API_KEYS: lines.join(','),
        RABBITMQ_ENABLED: 'true',
        RABBITMQ_MANAGEMENT_ENABLED: 'true',
        CELERY_BROKER_URL: options.brokerUrl,
        CELERY_RESULT_BACKEND: options.resultBackend ?? 'rpc://',
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
        ...options.env,
      },
      readyWhen: listening,
    });
    const keys = {
      admin: `cgw_admin_${secrets.admin}`,
      submitter: `cgw_submitter_${secrets.submitter}`,
      reader: `cgw_reader_${secrets.reader}`,
    };
    const gateway = new GatewayProcess(process, listening.exec(process.output)?.[1] ?? '', keys);
    try {
      // It reads first what others left on its streams: tens of thousands of entries after a long run.
      await until(async () => (await gateway.request('GET', '/health/ready')).status === 200, {
        timeoutMs: 60_000,
        what: 'a ready gateway',
      });
    } catch (cause) {
      await gateway.stop();
      throw new Error(`the gateway did not get ready:\n${process.output}`, { cause });
    }
    return gateway;
  }

  /** One HTTP call with the admin key unless `headers` name another one. */
  async request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'X-API-Key': this.keys.admin,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Body,
    };
  }

  /** Submits a task; throws unless it was accepted. */
  async submit(task: { readonly task_name: string; readonly [field: string]: unknown }): Promise<string> {
    const { status, body } = await this.request('POST', '/rabbitmq/tasks/submit', task);
    if (status !== 202) throw new Error(`the submission was answered ${status}: ${JSON.stringify(body)}`);
    return String(body.task_id);
  }

  /** The task as the gateway shows it, waiting for its end. */
  async result(taskId: string, waitSeconds = 15): Promise<TaskBody> {
    const { status, body } = await this.request<TaskBody>(
      'GET',
      `/rabbitmq/tasks/${taskId}?wait=${waitSeconds}`,
    );
    if (status !== 200) throw new Error(`task ${taskId} was answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

export interface TaskBody {
  readonly task_id: string;
  readonly status: string;
  readonly result: unknown;
  readonly worker?: string | null;
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly module: string | null;
    readonly traceback: string | null;
  } | null;
}

export interface WorkerOptions {
  readonly brokerUrl: string;
  readonly resultBackend?: string;
  /** The tasks that come with the worker instead of the interop ones. */
  readonly tasks?: 'own';
  readonly queues?: readonly string[];
  readonly concurrency?: number;
  readonly name?: string;
  readonly extraArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The built TypeScript worker in a process of its own; resolves once it consumes. */
export const startTypeScriptWorker = (options: WorkerOptions): Promise<TestProcess> =>
  TestProcess.start({
    command: process.execPath,
    args: [
      WORKER,
      ...(options.tasks === 'own' ? [] : ['--tasks', INTEROP_TASKS]),
      ...['-Q', (options.queues ?? ['celery']).join(',')],
      ...['-c', String(options.concurrency ?? 4)],
      ...['-n', options.name ?? 'typescript@%h'],
      ...['-l', 'info', '-E'],
      ...(options.extraArgs ?? []),
    ],
    env: {
      CELERY_BROKER_URL: options.brokerUrl,
      CELERY_RESULT_BACKEND: options.resultBackend ?? 'rpc://',
      ...options.env,
    },
    readyWhen: / ready\./,
  });
