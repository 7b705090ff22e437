import {
  AmqpConnections,
  AmqpConsumer,
  ConfirmPublisher,
  type Delivery,
  type PublishRequest,
  Topology,
} from '../../amqp';
import { CeleryClient } from '../../celery/client';
import { ControlClient } from '../../celery/control';
import {
  decodeTaskMeta,
  LamportClock,
  READY_STATES,
  type TaskMeta,
  type TaskOptions,
} from '../../celery/protocol';
import { NullResults } from '../../celery/results';
import { SilentLogger } from './silent-logger';
import { until } from './until';

/** Where the results of everything the session submits go. */
export const REPLIES = 'replies';

const CONNECT_MS = 20_000;

/** A caller of tasks on any broker, who keeps every result and lives through the broker's restarts. */
export class CelerySession {
  /** All results that came, by task, oldest first. */
  readonly metas = new Map<string, TaskMeta[]>();
  readonly #connections: AmqpConnections;
  readonly #publisher: ConfirmPublisher;
  readonly #client: CeleryClient;
  readonly #replies: AmqpConsumer;
  readonly #control: ControlClient;
  readonly #takers: AmqpConsumer[] = [];
  readonly topology: Topology;

  private constructor(readonly url: string) {
    const logger = new SilentLogger();
    this.#connections = new AmqpConnections({
      urls: [url],
      name: 'session',
      logger,
      backoffInitialMs: 50,
      backoffMaxMs: 500,
    });
    this.#publisher = new ConfirmPublisher({ connection: this.#connections.publish, logger });
    this.topology = new Topology({ connection: this.#connections.consume, logger });
    this.#client = new CeleryClient({
      publisher: this.#publisher,
      topology: this.topology,
      results: new NullResults(),
      replyTo: REPLIES,
      defaultQueue: 'celery',
      createMissingQueues: true,
      serializer: 'json',
      origin: 'gen1@test',
      logger,
    });
    this.#control = new ControlClient({
      connections: this.#connections,
      publisher: this.#publisher,
      clock: new LamportClock(),
      timeoutMs: 5000,
      logger,
    });
    this.#replies = new AmqpConsumer({
      connection: this.#connections.consume,
      queue: REPLIES,
      prefetch: 0,
      noAck: true,
      onDelivery: ({ content, properties }) => {
        const meta = decodeTaskMeta(content, properties.contentType);
        const known = this.metas.get(meta.task_id);
        if (known === undefined) this.metas.set(meta.task_id, [meta]);
        else known.push(meta);
      },
      logger,
    });
  }

  static async open(url: string): Promise<CelerySession> {
    const session = new CelerySession(url);
    await session.#connections.start();
    await session.#connections.ready(CONNECT_MS);
    await session.#publisher.start();
    await session.topology.declareQueue({ name: REPLIES });
    await session.#replies.start();
    await session.#control.start();
    return session;
  }

  async submit(
    name: string,
    args: readonly unknown[] = [],
    options: TaskOptions = {},
    kwargs: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    return (await this.#client.submit({ name, args, kwargs, options })).taskId;
  }

  /** Any message at all. */
  publish(request: PublishRequest): Promise<void> {
    return this.#publisher.publish({ trustedHeaders: true, ...request });
  }

  /** Asks workers by remote control; their answers by nodename. */
  async ask(
    method: string,
    args: Readonly<Record<string, unknown>>,
    destination: readonly string[],
  ): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#control.broadcast(method, args, { destination })).replies;
  }

  /** A queue whose rejected messages are kept in `<name>.dead`. */
  async declareWithDeadLetters(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.topology.declareQueue({ name: `${name}.dead` });
    const route = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': `${name}.dead` };
    await this.topology.declareQueue({ name, arguments: { ...route, ...args } });
  }

  /** Takes every message of a queue from now on, acknowledged as it comes. */
  async take(queue: string, onDelivery: (delivery: Delivery) => void): Promise<void> {
    const consumer = new AmqpConsumer({
      connection: this.#connections.consume,
      queue,
      prefetch: 0,
      noAck: true,
      onDelivery,
      logger: new SilentLogger(),
    });
    this.#takers.push(consumer);
    await consumer.start();
  }

  async depth(queue: string): Promise<number> {
    return (await this.topology.queueStatus(queue))?.messageCount ?? 0;
  }

  statesOf(taskId: string): readonly string[] {
    return (this.metas.get(taskId) ?? []).map(({ status }) => status);
  }

  /** The task's end as it is known now: its last result that is final. */
  end(taskId: string): TaskMeta | undefined {
    return this.metas.get(taskId)?.findLast(({ status }) => READY_STATES.has(status));
  }

  /** Waits for the task's end. */
  result(taskId: string, timeoutMs = 30_000): Promise<TaskMeta> {
    return until(() => this.end(taskId), { timeoutMs, what: `the end of ${taskId}` });
  }

  async stop(): Promise<void> {
    await this.#control.stop();
    for (const taker of this.#takers) await taker.stop();
    await this.#replies.stop();
    await this.#publisher.stop();
    await this.topology.close();
    await this.#connections.stop();
  }
}
