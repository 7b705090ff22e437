import { AmqpConnection, type AmqpConnectionOptions } from '../../amqp';
import { SilentLogger } from './silent-logger';

/** What is stopped at the end of a test, last one first. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** What a test opens on one broker, connections and all else, and how it is stopped again. */
export class OpenedParts {
  readonly logger = new SilentLogger();
  readonly #opened: Stoppable[] = [];

  protected constructor(
    private readonly connection: Pick<AmqpConnectionOptions, 'urls' | 'name'> &
      Partial<AmqpConnectionOptions>,
    private readonly readyMs: number,
  ) {}

  /** Starts a thing; {@link release} stops it. */
  async use<T extends Stoppable & { start(): Promise<void> }>(thing: T): Promise<T> {
    this.#opened.push(thing);
    await thing.start();
    return thing;
  }

  /** A connected connection to the broker. */
  async connect(options: Partial<AmqpConnectionOptions> = {}): Promise<AmqpConnection> {
    const { logger } = this;
    const connection = await this.use(
      new AmqpConnection({ logger, backoffInitialMs: 50, ...this.connection, ...options }),
    );
    await connection.ready(this.readyMs);
    return connection;
  }

  /** Stops what was opened, last one first. */
  async release(): Promise<void> {
    for (const thing of this.#opened.splice(0).reverse()) await thing.stop();
  }
}
