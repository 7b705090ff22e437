import { ConfirmPublisher, Topology } from '../../../amqp';
import {
  type Canvas,
  CanvasPublisher,
  type CanvasResult,
  CeleryClient,
  RedisResults,
  type TaskMeta,
} from '../../../celery';
import { createWorker, type WorkerOptions } from '../../../workers';
import { AmqpSession } from '../amqp-session';
import { Cleanup } from '../cleanup';
import { type PythonApp, startPythonWorker } from '../python';
import { testRedisUrl } from '../redis';
import { canvasTasks, ledger, notes } from './mixed-canvases';

/** A Python worker on queue `p`, a TypeScript worker on queue `t`, results on Redis, and a TypeScript client. */
export class CanvasRig {
  readonly cleanup = new Cleanup();
  readonly redis = ledger();
  readonly app: PythonApp;
  readonly publisher: CanvasPublisher;

  private constructor(
    readonly session: AmqpSession,
    readonly results: RedisResults,
    client: CeleryClient,
  ) {
    this.app = { brokerUrl: session.vhost.url, resultBackend: testRedisUrl(), app: 'canvas_app' };
    this.publisher = new CanvasPublisher({ client, replyTo: 'nobody', chords: results.chords });
  }

  static async open(label: string): Promise<CanvasRig> {
    const session = await AmqpSession.open(label);
    const { logger } = session;
    const connection = await session.connect();
    const publisher = await session.use(new ConfirmPublisher({ connection, logger }));
    const results = await session.use(new RedisResults({ url: testRedisUrl(), expiresSeconds: 600, logger }));
    const client = new CeleryClient({
      publisher,
      topology: new Topology({ connection, logger }),
      results,
      replyTo: 'nobody',
      defaultQueue: 't',
      createMissingQueues: true,
      serializer: 'json',
      origin: 'gen1@test',
      logger,
    });
    const rig = new CanvasRig(session, results, client);
    rig.cleanup.does(() => session.close());
    rig.cleanup.does(() => rig.redis.quit());
    return rig;
  }

  startPython(): Promise<unknown> {
    return this.cleanup.stops(
      startPythonWorker({ ...this.app, queues: ['p', 'celery'], concurrency: 3, name: 'python@rig' }),
    );
  }

  async startTypeScript(options: Partial<WorkerOptions> = {}): Promise<void> {
    const worker = createWorker({
      tasks: canvasTasks(this.redis),
      broker: this.session.vhost.url,
      resultBackend: testRedisUrl(),
      resultExpiresSeconds: 600,
      queues: ['t', 'celery'],
      concurrency: 8,
      hostname: 'typescript@rig',
      mingle: false,
      ...options,
    });
    this.cleanup.does(() => worker.stop());
    await worker.start();
  }

  async meta(taskId: string): Promise<TaskMeta> {
    const meta = await this.results.waitForResult(taskId, { timeoutMs: 30_000 });
    if (meta === null) throw new Error(`no result of ${taskId}`);
    return meta;
  }

  /** The value of a result, or what it failed with, as Python's `repr` has it. */
  async value(result: CanvasResult): Promise<unknown> {
    if (result.results !== null) return Promise.all(result.results.map((each) => this.value(each)));
    const { status, result: value } = await this.meta(result.id);
    return status === 'SUCCESS' ? value : { status, ...(value as object) };
  }

  async apply(sig: Canvas): Promise<CanvasResult> {
    const { result } = await this.publisher.apply(sig);
    if (result === null) throw new Error('the canvas is empty');
    return result;
  }

  notes(key: string): Promise<string[]> {
    return notes(this.redis, key);
  }

  close(): Promise<void> {
    return this.cleanup.run();
  }
}
