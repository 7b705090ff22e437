import { type ConfirmPublisher, type PublishRequest, QueueError } from '../../../amqp';
import { publishOptions } from '../../../amqp/message-validation';

/** A publisher that keeps what it is given; held to the real one by tests/contract/amqp/publisher.test.ts. */
export class InMemoryPublisher implements Pick<ConfirmPublisher, 'publish'> {
  readonly published: PublishRequest[] = [];
  /** The next publish fails with this. */
  failNext: Error | undefined;

  /** @param queues names that the default exchange routes to; undefined: every name */
  constructor(
    private readonly queues?: ReadonlySet<string>,
    private readonly exchanges: ReadonlySet<string> = new Set(),
  ) {}

  async publish(request: PublishRequest): Promise<void> {
    publishOptions(request, 'guest');
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure !== undefined) throw failure;
    const { exchange, routingKey } = request;
    if (exchange !== '' && !this.exchanges.has(exchange))
      throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${exchange}`, {
        details: { exchange },
      });
    const routed = exchange !== '' || this.queues === undefined || this.queues.has(routingKey);
    if (!routed && request.mandatory !== false)
      throw new QueueError('UNROUTABLE', `No queue takes messages for queue ${routingKey}`, {
        details: { exchange, routingKey, reply: 'NO_ROUTE' },
      });
    this.published.push(request);
  }
}
