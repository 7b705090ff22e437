import { randomUUID } from 'node:crypto';
import { AmqpConnections, AmqpConsumer, ConfirmPublisher, type Delivery, Topology } from '../../../amqp';
import { CeleryClient, DelayedDelivery } from '../../../celery/client';
import {
  type CeleryEvent,
  decodeTaskMeta,
  readEvents,
  type TaskMeta,
  type TaskOptions,
} from '../../../celery/protocol';
import { NullResults } from '../../../celery/results';
import { silentLogger } from '../../../runtime';
import { createWorker, type TaskDefinition, type Worker, type WorkerOptions } from '../../../workers';
import { createVhost, type TestVhost } from '../../support/vhost';

const DEADLINE_MS = 15_000;

/** Waits until the condition gives something, and fails with what was waited for. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endsAt = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > endsAt) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A vhost with a client that keeps every result, every event and every dead letter it is sent. */
export class WorkerBench {
  readonly metas: TaskMeta[] = [];
  readonly events: CeleryEvent[] = [];
  private readonly workers: Worker[] = [];
  private readonly consumers: AmqpConsumer[] = [];
  private readonly logger = silentLogger();

  private constructor(
    readonly vhost: TestVhost,
    readonly connections: AmqpConnections,
    readonly publisher: ConfirmPublisher,
    readonly topology: Topology,
    readonly client: CeleryClient,
  ) {}

  static async open(label: string): Promise<WorkerBench> {
    const vhost = await createVhost(label);
    const logger = silentLogger();
    const connections = new AmqpConnections({ urls: [vhost.url], name: 'bench', logger });
    await connections.start();
    await connections.ready(DEADLINE_MS);
    const publisher = new ConfirmPublisher({ connection: connections.publish, logger });
    await publisher.start();
    const topology = new Topology({ connection: connections.consume, logger });
    const client = new CeleryClient({
      publisher,
      topology,
      delayed: new DelayedDelivery({ topology, queueType: 'quorum', logger, now: Date.now }),
      results: new NullResults(),
      replyTo: 'replies',
      defaultQueue: 'celery',
      createMissingQueues: true,
      serializer: 'json',
      origin: 'gen1@test',
      logger,
    });
    const bench = new WorkerBench(vhost, connections, publisher, topology, client);
    await bench.listen();
    return bench;
  }

  private async listen(): Promise<void> {
    await this.topology.declareQueue({ name: 'replies' });
    await this.consume('replies', (delivery) => {
      this.metas.push(decodeTaskMeta(delivery.content, delivery.properties.contentType));
    });
    await this.topology.ensureExchange({ name: 'celeryev', type: 'topic' });
    await this.topology.declareQueue({ name: 'all-events' });
    await this.topology.bindQueue({ queue: 'all-events', exchange: 'celeryev', routingKey: '#' });
    await this.consume('all-events', (delivery) => {
      this.events.push(...readEvents(delivery.content, delivery.properties.contentType));
    });
  }

  async consume(queue: string, onDelivery: (delivery: Delivery) => void): Promise<void> {
    const consumer = new AmqpConsumer({
      connection: this.connections.consume,
      queue,
      prefetch: 0,
      noAck: true,
      onDelivery,
      logger: this.logger,
    });
    this.consumers.push(consumer);
    await consumer.start();
  }

  /** A queue whose rejected messages are kept in `<name>.dead`. */
  async declareWithDeadLetters(name: string): Promise<void> {
    await this.topology.declareQueue({ name: `${name}.dead` });
    await this.topology.declareQueue({
      name,
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': `${name}.dead` },
    });
  }

  async startWorker(tasks: readonly TaskDefinition[], options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = createWorker({
      tasks,
      broker: this.vhost.url,
      hostname: `w${randomUUID().slice(0, 8)}@%h`,
      concurrency: 2,
      taskEvents: true,
      // Asking the others takes a second; the tests of mingle turn it on.
      mingle: false,
      ...options,
    });
    this.workers.push(worker);
    await worker.start();
    return worker;
  }

  async submit(name: string, args: readonly unknown[] = [], options: TaskOptions = {}): Promise<string> {
    return (await this.client.submit({ name, args, options })).taskId;
  }

  metasOf(taskId: string): readonly TaskMeta[] {
    return this.metas.filter((meta) => meta.task_id === taskId);
  }

  /**
   * The states of a task that has been retried, once there are so many: the ready one last, although as in Celery the next run is
   * sent before RETRY is stored, so that a quick one's result may come first.
   */
  async statesWithRetries(taskId: string, count: number): Promise<readonly string[]> {
    const metas = await until(`${count} states of ${taskId}`, () => {
      const found = this.metasOf(taskId);
      return found.length >= count ? found : undefined;
    });
    const states = metas.map(({ status }) => status);
    return [...states.filter((state) => state === 'RETRY'), ...states.filter((state) => state !== 'RETRY')];
  }

  result(taskId: string, status: string): Promise<TaskMeta> {
    return until(`${status} of ${taskId}`, () => this.metasOf(taskId).find((meta) => meta.status === status));
  }

  eventsOf(taskId: string): readonly string[] {
    return this.events.filter((event) => event.uuid === taskId).map((event) => event.type);
  }

  event(taskId: string, type: string): Promise<CeleryEvent> {
    return until(`${type} of ${taskId}`, () =>
      this.events.find((event) => event.uuid === taskId && event.type === type),
    );
  }

  async depth(queue: string): Promise<number> {
    return (await this.topology.queueStatus(queue))?.messageCount ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    await this.publisher.stop();
    await this.topology.close();
    await this.connections.stop();
    await this.vhost.drop();
  }
}
