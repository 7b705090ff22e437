import { readTaskMessage } from '../../celery/protocol';
import { inputError } from '../errors';
import type { MessagingService, NamePolicy } from '../messaging';

/** A message to publish as it is. */
export interface PublishCommand {
  readonly queueName: string;
  readonly message: unknown;
  readonly exchange: string | undefined;
  readonly routingKey: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly priority: number | undefined;
  readonly expirationMs: number | undefined;
  readonly persistent: boolean;
}

export interface MessageServiceDeps {
  readonly messaging: Pick<MessagingService, 'publishMessage' | 'isCeleryQueue'>;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
}

/** Publishes raw messages; refuses those that would kill or mislead Celery workers. */
export class MessageService {
  constructor(private readonly deps: MessageServiceDeps) {}

  /** Resolves with the message id when the broker has confirmed and routed the message. */
  async publish(command: PublishCommand): Promise<string> {
    const exchange = command.exchange ?? '';
    const routingKey = command.routingKey ?? command.queueName;
    this.deps.names.checkQueue(command.queueName, '/queue_name');
    this.deps.names.checkExchange(exchange, '/exchange');
    if (exchange === '' && routingKey !== command.queueName) {
      const detail = 'must be the queue name on the default exchange, or be left out';
      throw inputError('REQUEST_INVALID', 'The routing key contradicts the queue.', [
        { pointer: '/routing_key', detail },
      ]);
    }
    const content = Buffer.from(JSON.stringify(command.message));
    if (this.reachesCelery(command, exchange, routingKey))
      checkTaskMessage(command, content, exchange, routingKey);
    return this.deps.messaging.publishMessage({
      exchange,
      routingKey,
      content,
      headers: command.headers,
      persistent: command.persistent,
      priority: command.priority,
      expirationMs: command.expirationMs,
    });
  }

  /** Celery names a queue's exchange and routing key after the queue, so any of the three tells. */
  private reachesCelery(command: PublishCommand, exchange: string, routingKey: string): boolean {
    const { messaging } = this.deps;
    if (Object.hasOwn(command.headers, 'task')) return true;
    return [command.queueName, exchange, routingKey].some((name) => messaging.isCeleryQueue(name));
  }
}

/** The same reader a worker uses: what it cannot read, a Python worker may die of (K1 to K4 of the contract). */
function checkTaskMessage(
  command: PublishCommand,
  content: Buffer,
  exchange: string,
  routingKey: string,
): void {
  const outcome = readTaskMessage({
    headers: command.headers as Parameters<typeof readTaskMessage>[0]['headers'],
    properties: { contentType: 'application/json', contentEncoding: 'utf-8' },
    content,
    exchange,
    routingKey,
    redelivered: false,
  });
  if (outcome.kind === 'task') return;
  throw inputError('MESSAGE_NOT_A_TASK', 'A Celery worker could not read this message.', [
    { pointer: '/message', detail: `${outcome.reason}: ${outcome.detail}` },
  ]);
}
