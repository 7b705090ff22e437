import { AmqpConnection, AmqpConsumer, ConfirmPublisher, type Delivery } from '../../amqp';
import { encodeException, RpcResultWriter, type TaskRequest } from '../../celery';
import { readTaskMessage } from '../../celery/protocol';
import { SilentLogger } from './silent-logger';

type Answer = (args: readonly unknown[], request: TaskRequest) => unknown | Promise<unknown>;

/** The least that runs tasks: each name is a function of its arguments. It counts runs, and knows nothing of canvases. */
export class ToyWorker {
  /** Task id → how often it ran. */
  readonly runs = new Map<string, number>();
  /** Task id → arguments of its last run. */
  readonly args = new Map<string, readonly unknown[]>();
  readonly #connection: AmqpConnection;
  readonly #publisher: ConfirmPublisher;
  readonly #consumer: AmqpConsumer;
  readonly #writer: RpcResultWriter;

  constructor(
    url: string,
    private readonly tasks: Readonly<Record<string, Answer>>,
    queue = 'celery',
  ) {
    const logger = new SilentLogger();
    this.#connection = new AmqpConnection({ urls: [url], name: 'toy worker', logger });
    this.#publisher = new ConfirmPublisher({ connection: this.#connection, logger });
    this.#writer = new RpcResultWriter({ publisher: this.#publisher });
    this.#consumer = new AmqpConsumer({
      connection: this.#connection,
      queue,
      prefetch: 500,
      prepare: async (channel) => {
        await channel.assertQueue(queue, { durable: true });
      },
      // A connection that goes away takes the message back.
      onDelivery: (delivery) => void this.#run(delivery).catch(() => undefined),
      logger,
    });
  }

  async start(): Promise<void> {
    await this.#connection.start();
    await this.#publisher.start();
    await this.#consumer.start();
  }

  async stop(): Promise<void> {
    await this.#consumer.stop();
    await this.#publisher.stop();
    await this.#connection.stop();
  }

  async #run(delivery: Delivery): Promise<void> {
    const read = readTaskMessage(delivery);
    if (read.kind !== 'task') throw new Error(read.detail);
    const { request } = read;
    const { id, args } = request;
    this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
    this.args.set(id, args);
    const common = { traceback: null, children: [], date_done: new Date().toISOString(), task_id: id };
    try {
      const result = await this.tasks[request.task]?.(args, request);
      await this.#writer.storeResult(request, { status: 'SUCCESS', result: result ?? null, ...common });
    } catch (error) {
      await this.#writer.storeResult(request, {
        status: 'FAILURE',
        result: encodeException(error),
        ...common,
      });
    }
    delivery.ack();
  }
}
