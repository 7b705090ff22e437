import type { QueueDeclaration } from '../../amqp';
import type { MessagingService, NamePolicy, QueueInfo } from '../messaging';

export interface QueueServiceDeps {
  readonly messaging: Pick<MessagingService, 'declareQueue' | 'queueInfo' | 'purgeQueue'>;
  readonly names: Pick<NamePolicy, 'checkQueue'>;
}

/** Declares, inspects and purges queues. */
export class QueueService {
  constructor(private readonly deps: QueueServiceDeps) {}

  async declare(declaration: QueueDeclaration): Promise<Omit<QueueInfo, 'durable'>> {
    this.deps.names.checkQueue(declaration.name, '/queue_name');
    return this.deps.messaging.declareQueue(declaration);
  }

  /** Reads only, so internal queues may be asked for too. */
  info(queueName: string): Promise<QueueInfo> {
    return this.deps.messaging.queueInfo(queueName);
  }

  async purge(queueName: string): Promise<number> {
    this.deps.names.checkQueue(queueName, '/queue_name');
    return this.deps.messaging.purgeQueue(queueName);
  }
}
