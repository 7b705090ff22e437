import type { Delivery } from '../../amqp';
import { patiently, publishPlain, type TaskServices } from '../execution';
import type { PlainMessageOptions, TaskCall, TaskLogger } from '../registry';
import { type Road, roadOf } from './road';
import type { SubscribedMessage, SubscriberContext } from './subscriber-definition';

/** What a subscriber's handler may use of the outside. */
export type SubscriberServices = Pick<
  TaskServices,
  'nodename' | 'sender' | 'publisher' | 'exchanges' | 'clock' | 'logger'
>;

/** One delivery on its way through a subscriber, and what its handler sees of it. */
export class SubscriberRun implements SubscriberContext {
  readonly road: Road;
  readonly message: SubscribedMessage;
  private readonly abortion = new AbortController();
  private ownLogger: TaskLogger | undefined;

  constructor(
    readonly delivery: Delivery,
    private readonly services: SubscriberServices,
  ) {
    const { content, headers, properties, queue, redelivered } = delivery;
    this.road = roadOf(delivery);
    const { exchange, routingKey, retries } = this.road;
    const attempt = retries + 1;
    this.message = { content, headers, properties, queue, redelivered, exchange, routingKey, attempt };
  }

  get hostname(): string {
    return this.services.nodename;
  }

  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  get logger(): TaskLogger {
    const { queue, exchange, routingKey } = this.message;
    this.ownLogger ??= this.services.logger.child({ queue, exchange, routingKey });
    return this.ownLogger;
  }

  publish(
    exchange: string,
    routingKey: string,
    message: unknown,
    options: PlainMessageOptions = {},
  ): Promise<void> {
    return publishPlain(this.services, { exchange, routingKey, message, options }, () => this.signal);
  }

  async sendTask(call: TaskCall): Promise<{ readonly taskId: string }> {
    const { taskId } = await patiently(
      () => this.services.sender.submit(call),
      () => this.signal,
    );
    return { taskId };
  }

  abort(reason: Error): void {
    this.abortion.abort(reason);
  }
}
