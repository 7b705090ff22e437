import { AmqpConnection, type AmqpConnectionOptions, Topology } from '../../amqp';
import { SilentLogger } from './silent-logger';
import { createVhost, type TestVhost } from './vhost';

/** What is stopped at the end of a test, last one first. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** A vhost of its own with a connection and a topology on it, and everything else a test file opens there. */
export class AmqpSession {
  readonly logger = new SilentLogger();
  readonly #opened: Stoppable[] = [];

  private constructor(readonly vhost: TestVhost) {}

  static async open(label: string): Promise<AmqpSession> {
    return new AmqpSession(await createVhost(label));
  }

  /** Starts a thing and stops it when the session closes. */
  async use<T extends Stoppable & { start(): Promise<void> }>(thing: T): Promise<T> {
    this.#opened.push(thing);
    await thing.start();
    return thing;
  }

  /** A connected connection to the vhost. */
  async connect(options: Partial<AmqpConnectionOptions> = {}): Promise<AmqpConnection> {
    const connection = await this.use(
      new AmqpConnection({
        urls: [this.vhost.url],
        name: 'test',
        logger: this.logger,
        backoffInitialMs: 50,
        ...options,
      }),
    );
    await connection.ready(5000);
    return connection;
  }

  async topology(): Promise<Topology> {
    return new Topology({ connection: await this.connect({ name: 'test topology' }), logger: this.logger });
  }

  async close(): Promise<void> {
    for (const thing of this.#opened.reverse()) await thing.stop();
    await this.vhost.drop();
  }
}
