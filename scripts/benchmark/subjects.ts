import { createHash, randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { ChannelModel } from 'amqplib';
import type { ChildOptions } from './child';
import { freePort } from './free-port';
import type { ResultMode, WorkerSubject } from './worker-rows';

export const SUBMIT_SUBJECTS = ['bare', 'naive', 'gateway'] as const;
export type SubmitSubject = (typeof SUBMIT_SUBJECTS)[number];

/** What the gateway's submissions are held against: the most Express can do, and what Celery users have. */
export const BESIDE_FLOWER = ['bare', 'flower', 'gateway'] as const;
export type BesideFlower = (typeof BESIDE_FLOWER)[number];
export type HttpSubject = SubmitSubject | BesideFlower;

/** The gateway's default queue: its submissions land there. */
export const SUBMIT_QUEUE = 'bench.submit';

/**
 * The bench's own streams. They are deleted between measurements: a gateway that starts replays what they hold, and that
 * is not what is measured.
 */
export const STREAMS = { submissions: 'bench.submissions', results: 'bench.results' } as const;

/** Results of finished runs leave Redis by themselves. */
const RESULT_EXPIRES_SECONDS = 600;
const REPLIES = 'bench.replies';

/** A file of this benchmark as the build leaves it. */
export const compiled = (file: string): string => join(__dirname, file);

/** The repository, seen from dist/scripts/benchmark. */
const repository = (...path: string[]): string => resolve(__dirname, '..', '..', '..', ...path);

export interface SubjectOptions {
  readonly brokerUrl: string;
  readonly redisUrl: string;
  readonly python: string;
}

export interface SubmitTarget {
  readonly child: ChildOptions;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where it is another than the gateway's. */
  readonly body?: string;
}

/** What a worker is started for. */
export interface WorkerUse {
  readonly queue: string;
  readonly results: ResultMode;
  readonly prefetch: number;
}

/** How each program under measurement is started. */
export class Subjects {
  readonly #options: SubjectOptions;
  readonly #secret = randomBytes(32).toString('base64url');

  constructor(options: SubjectOptions) {
    this.#options = options;
  }

  /** The results' stream as the gateway declares one, bounded so that a run does not fill the disk. */
  async declareReplies(connection: ChannelModel): Promise<string> {
    const channel = await connection.createChannel();
    await channel.assertQueue(REPLIES, {
      durable: true,
      arguments: {
        'x-queue-type': 'stream',
        'x-max-length-bytes': 50_000_000,
        'x-stream-max-segment-size-bytes': 10_000_000,
      },
    });
    await channel.close();
    return REPLIES;
  }

  get apiKey(): string {
    return `cgw_bench_${this.#secret}`;
  }

  async submit(subject: HttpSubject): Promise<SubmitTarget> {
    const plain = { path: '/submit', headers: {} };
    const readyWhen = /listening on (\d+)/;
    const env = { NODE_ENV: 'production' };
    switch (subject) {
      case 'bare':
        return { ...plain, child: { args: [compiled('subjects/bare-express.js')], env, readyWhen } };
      case 'naive': {
        const args = [compiled('subjects/naive-express.js'), this.#options.brokerUrl, SUBMIT_QUEUE];
        return { ...plain, child: { args, env, readyWhen } };
      }
      case 'gateway':
        return {
          path: '/rabbitmq/tasks/submit',
          headers: { 'X-API-Key': this.apiKey },
          child: this.gateway(SUBMIT_QUEUE),
        };
      case 'flower':
        return {
          path: '/api/task/async-apply/bench.add',
          headers: {},
          body: JSON.stringify({ args: [2, 3] }),
          child: this.#flower(await freePort()),
        };
    }
  }

  /** The gateway as it is shipped: confirm, record, key and validation on; only the rate limit is out of the way. */
  gateway(defaultQueue: string, extra: Readonly<Record<string, string>> = {}): ChildOptions {
    const hash = createHash('sha256').update(this.#secret).digest('hex');
    return {
      args: [repository('dist', 'server', 'main.js')],
      env: {
        NODE_ENV: 'production',
        GATEWAY_PORT: '0',
        GATEWAY_API_KEYS: `bench:admin:${hash}`,
        RATE_LIMIT_REQUESTS: '1000000000',
        RABBITMQ_ENABLED: 'true',
        CELERY_BROKER_URL: this.#options.brokerUrl,
        CELERY_RESULT_BACKEND: 'rpc://',
        CELERY_TASK_DEFAULT_QUEUE: defaultQueue,
        SUBMISSION_RECORD_STREAM: STREAMS.submissions,
        RESULT_STREAM: STREAMS.results,
        LOG_LEVEL: 'info',
        LOG_FORMAT: 'json',
        ...extra,
      },
      readyWhen: /"url":"http:\/\/[^"]*:(\d+)"/,
    };
  }

  worker(subject: WorkerSubject, use: WorkerUse): ChildOptions {
    switch (subject.kind) {
      case 'raw':
        return this.#raw(use);
      case 'typescript':
        return this.#typescript(subject, use);
      case 'python':
        return this.#python(subject, use);
    }
  }

  #raw({ queue, results, prefetch }: WorkerUse): ChildOptions {
    const { brokerUrl, redisUrl } = this.#options;
    return {
      args: [compiled('subjects/raw-consumer.js'), brokerUrl, queue, String(prefetch), results, redisUrl],
      env: { NODE_ENV: 'production' },
      readyWhen: /consuming/,
    };
  }

  #typescript(subject: WorkerSubject, { queue, results, prefetch }: WorkerUse): ChildOptions {
    const { brokerUrl, redisUrl } = this.#options;
    return {
      args: [
        // As `npm run worker`, the image and the command's first line have it.
        '--max-semi-space-size=4',
        repository('dist', 'workers', 'main.js'),
        ...['--tasks', compiled('subjects/worker-tasks.js'), '-P', subject.pool],
        ...['-Q', queue, '-c', String(subject.concurrency), '-n', 'bench-ts@%h', '-l', 'WARNING'],
        ...['--prefetch-multiplier', String(prefetch / subject.concurrency)],
        ...(subject.events ? ['-E'] : []),
      ],
      env: {
        NODE_ENV: 'production',
        CELERY_BROKER_URL: brokerUrl,
        CELERY_TASK_DEFAULT_QUEUE: queue,
        CELERY_RESULT_BACKEND: { off: 'disabled://', rpc: 'rpc://', redis: redisUrl }[results],
        CELERY_RESULT_EXPIRES: String(RESULT_EXPIRES_SECONDS),
      },
      readyWhen: / ready\./,
    };
  }

  /** Without a result backend: it would have Flower ask for each task's state. */
  #flower(port: number): ChildOptions {
    const { brokerUrl, python } = this.#options;
    return {
      command: python,
      args: ['-m', 'celery', '-A', 'python_app', 'flower', '--address=127.0.0.1', `--port=${port}`],
      env: {
        PYTHONPATH: repository('scripts', 'benchmark', 'subjects'),
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        CELERY_BROKER_URL: brokerUrl,
        CELERY_RESULT_BACKEND: '',
        TASK_DEFAULT_QUEUE: SUBMIT_QUEUE,
        FLOWER_UNAUTHENTICATED_API: 'true',
      },
      readyWhen: new RegExp(`Visit me at http:[^ ]*:(${port})`),
    };
  }

  #python(subject: WorkerSubject, { queue, results, prefetch }: WorkerUse): ChildOptions {
    const { brokerUrl, redisUrl, python } = this.#options;
    return {
      command: python,
      args: [
        ...['-m', 'celery', '-A', 'python_app', 'worker', '-Q', queue, '-c', String(subject.concurrency)],
        ...['-n', 'bench-py@%h', '-l', 'WARNING', '--pool=prefork'],
        `--prefetch-multiplier=${prefetch / subject.concurrency}`,
      ],
      env: {
        PYTHONPATH: repository('scripts', 'benchmark', 'subjects'),
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        C_FORCE_ROOT: '1',
        CELERY_BROKER_URL: brokerUrl,
        TASK_DEFAULT_QUEUE: queue,
        CELERY_RESULT_BACKEND: { off: '', rpc: 'rpc://', redis: redisUrl }[results],
        RESULT_EXPIRES_SECONDS: String(RESULT_EXPIRES_SECONDS),
      },
      readyWhen: /celery@|bench-py@/,
    };
  }
}
