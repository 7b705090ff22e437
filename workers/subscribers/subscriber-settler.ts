import type { ConfirmPublisher, MessageCopy } from '../../amqp';
import { ContentError } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import { type Attempts, describeError, Reject } from '../execution';
import { deadLetterCopy, retryCopy } from './road';
import type { SubscriberDefinition } from './subscriber-definition';
import type { SubscriberRun } from './subscriber-run';
import { declareSubscriber, retryQueueOf, type SubscriberBroker } from './subscriber-topology';

export interface SubscriberSettlerDeps {
  readonly subscriber: SubscriberDefinition;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly topology: SubscriberBroker;
  readonly attempts: Pick<Attempts, 'run'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Move extends MessageCopy {
  readonly exchange: string;
  readonly routingKey: string;
}

/**
 * Answers a subscriber's messages. One that is to run again, or never again, is moved: a copy goes out, and only when RabbitMQ has
 * confirmed that one is the original acknowledged. A crash in between repeats the message.
 */
export class SubscriberSettler {
  constructor(private readonly deps: SubscriberSettlerDeps) {}

  succeeded(run: SubscriberRun): void {
    run.delivery.ack();
  }

  giveBack(run: SubscriberRun): void {
    run.delivery.nack({ requeue: true });
  }

  /** Never rejects. */
  async failed(run: SubscriberRun, error: unknown): Promise<void> {
    if (run.delivery.lost) return;
    if (error instanceof ContentError) return this.deadLetter(run, error.code, error.message);
    if (error instanceof Reject) {
      if (!error.requeue) return this.deadLetter(run, 'rejected', error.reason);
      this.giveBack(run);
      return;
    }
    const { logger, subscriber } = this.deps;
    const delayMs = subscriber.retryDelaysMs[run.road.retries];
    const { attempt } = run.message;
    if (delayMs === undefined) return this.deadLetter(run, 'handler_failed', describeError(error));
    logger.warn('a message is handled again later', { queue: subscriber.queue, attempt, delayMs, error });
    const routingKey = retryQueueOf(subscriber.queue, delayMs);
    await this.move('retry', run, { exchange: '', routingKey, ...retryCopy(run.delivery, run.road) });
  }

  private async deadLetter(run: SubscriberRun, reason: string, detail: string): Promise<void> {
    const { subscriber, logger, clock } = this.deps;
    const { queue, deadLetters } = subscriber;
    logger.error('a message goes to the dead letters', {
      queue,
      reason,
      detail,
      attempt: run.message.attempt,
    });
    const copy = deadLetterCopy(run.delivery, run.road, { reason, detail, now: clock.now() });
    const { exchange, routingKey } = deadLetters;
    await this.move('dead-letter', run, { exchange, routingKey, ...copy });
  }

  private async move(what: string, run: SubscriberRun, copy: Move): Promise<void> {
    const { attempts, logger, subscriber } = this.deps;
    const { queue } = subscriber;
    try {
      await attempts.run(
        what,
        run.message.properties.messageId ?? '',
        () => this.publish(copy),
        () => run.delivery.lost,
      );
      run.delivery.ack();
    } catch (error) {
      logger.error('a message could not be moved and goes back to its queue', { what, queue, error });
      this.giveBack(run);
    }
  }

  /** Somebody may have deleted the place it is to go to since it was declared. */
  private async publish(copy: Move): Promise<void> {
    const { publisher, topology, subscriber } = this.deps;
    const request = { ...copy, trustedHeaders: true };
    try {
      await publisher.publish(request);
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code !== 'UNROUTABLE' && code !== 'EXCHANGE_NOT_FOUND') throw error;
      await declareSubscriber(topology, subscriber);
      await publisher.publish(request);
    }
  }
}
