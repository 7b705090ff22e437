import type { ConfirmPublisher } from '../../amqp';
import { type ContentProtection, encodeTaskMeta, type TaskMeta } from '../protocol';
import type { ResultAddress, ResultWriter } from './result-backend';

export interface RpcResultWriterOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  /** Celery's `result_persistent`: delivery mode 2 instead of 1. Default false. */
  readonly persistent?: boolean | undefined;
  /** Signs or encrypts results. */
  readonly protection?: ContentProtection | undefined;
}

/**
 * Sends results to the caller's reply queue, as celery/backends/rpc.py `store_result` does. Confirmed by the broker, but
 * not mandatory: a caller who is gone has taken its queue along, and that is no failure of the task.
 */
export class RpcResultWriter implements ResultWriter {
  readonly #publisher: RpcResultWriterOptions['publisher'];
  readonly #deliveryMode: 1 | 2;
  readonly #protection: ContentProtection | undefined;

  constructor({ publisher, persistent = false, protection }: RpcResultWriterOptions) {
    this.#protection = protection;
    this.#publisher = publisher;
    this.#deliveryMode = persistent ? 2 : 1;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  /** @throws ContentError for what cannot be written; RabbitMQError as {@link ConfirmPublisher.publish} does. */
  storeResult(request: ResultAddress, meta: TaskMeta): Promise<void> {
    if (!request.replyTo) return DONE;
    try {
      return this.#publish(request, request.replyTo, meta);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish(request: ResultAddress, replyTo: string, meta: TaskMeta): Promise<void> {
    const { content, contentType, contentEncoding } = encodeTaskMeta(meta, 'json', this.#protection);
    return this.#publisher.publish({
      exchange: '',
      routingKey: replyTo,
      content,
      properties: {
        contentType,
        contentEncoding,
        correlationId: request.correlationId || request.id,
        deliveryMode: this.#deliveryMode,
        priority: 0,
      },
      mandatory: false,
    });
  }
}

const DONE = Promise.resolve();
