import { ConfirmPublisher, type HeaderTable, type MessageProperties, type Topology } from '../../amqp';
import { AmqpSession } from './amqp-session';
import { type Answer, type RunningGateway, startGateway } from './running-gateway';
import { until } from './until';

const WAIT_MS = 30_000;
const EMBED = { callbacks: null, errbacks: null, chain: null, chord: null };

/** A gateway that works its broker directly, on a vhost of its own, and a publisher beside it. */
export class DirectSession {
  private constructor(
    private readonly session: AmqpSession,
    readonly gateway: RunningGateway,
    readonly publisher: ConfirmPublisher,
    readonly topology: Topology,
  ) {}

  static async open(label: string, env: Readonly<Record<string, string>> = {}): Promise<DirectSession> {
    const session = await AmqpSession.open(label);
    const gateway = await startGateway({ CELERY_BROKER_URL: session.vhost.url, ...env });
    const { logger } = session;
    const publisher = await session.use(
      new ConfirmPublisher({ connection: await session.connect(), logger }),
    );
    const topology = await session.topology();
    await until(async () => publisher.ready && (await gateway.call('GET', '/health/ready')).status === 200, {
      timeoutMs: WAIT_MS,
      what: 'the gateway being ready',
    });
    return new DirectSession(session, gateway, publisher, topology);
  }

  get vhost(): AmqpSession['vhost'] {
    return this.session.vhost;
  }

  /** A connected connection of the test's own. */
  connect(): ReturnType<AmqpSession['connect']> {
    return this.session.connect();
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.session.close();
  }

  async declare(name: string, args: Record<string, unknown> = {}): Promise<string> {
    await this.topology.ensureQueue({ name, arguments: args });
    return name;
  }

  send(
    queue: string,
    body: unknown,
    properties: MessageProperties = {},
    headers: HeaderTable = {},
  ): Promise<void> {
    return this.publisher.publish({
      exchange: '',
      routingKey: queue,
      content: Buffer.from(JSON.stringify(body)),
      properties: { contentType: 'application/json', deliveryMode: 2, ...properties, headers },
      trustedHeaders: true,
    });
  }

  sendTask(
    queue: string,
    id: string,
    task = 'reports.make',
    args: unknown[] = [1],
    headers: HeaderTable = {},
  ): Promise<void> {
    const own = { task, id, retries: 0, lang: 'py', ...headers };
    return this.send(queue, [args, {}, EMBED], { correlationId: id }, own);
  }

  async fill(queue: string, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.sendTask(queue, `${queue}-${index}`);
  }

  async waiting(queue: string): Promise<number> {
    return (await this.topology.queueStatus(queue))?.messageCount ?? -1;
  }

  /** Waits until so many messages are ready in the queue. */
  async awaits(queue: string, count: number): Promise<void> {
    await until(async () => (await this.waiting(queue)) === count, {
      timeoutMs: WAIT_MS,
      what: `${count} messages in ${queue}`,
    });
  }

  get(path: string): Promise<Answer> {
    return this.gateway.call('GET', `/rabbitmq/${path}`);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.gateway.call('POST', `/rabbitmq/${path}`, body);
  }

  /** All that waits in a queue, as a peek shows it. */
  async messages(queue: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { body } = await this.get(`queues/${queue}/messages?limit=100`);
    return body.items as readonly Readonly<Record<string, unknown>>[];
  }
}
