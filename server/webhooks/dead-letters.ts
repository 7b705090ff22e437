import type { QueueCursor } from '../../amqp';
import { type Delivery, readDelivery } from './delivery';
import type { DeliveryLog } from './delivery-log';

/** Which dead letters are meant: of one webhook, of callbacks, or all. */
export interface DeadLetterChoice {
  readonly webhookId: string | undefined;
  readonly limit: number;
}

/** What became of them. */
export interface DeadLetterOutcome {
  /** Sent again, or dropped. */
  readonly done: number;
  /** Taken away only: they had been replayed since. */
  readonly outdated: number;
}

export interface DeadLettersDeps {
  /** Goes through the queue of dead deliveries. */
  readonly openCursor: () => Promise<Pick<QueueCursor, 'next' | 'leave' | 'release' | 'waiting'>>;
  readonly log: Pick<DeliveryLog, 'get' | 'note'>;
  /** Sends a delivery from its first attempt on; resolves when the broker has it. */
  readonly again: (delivery: Delivery) => Promise<unknown>;
}

/** Deliveries that nobody took after the last attempt. */
export class DeadLetters {
  constructor(private readonly deps: DeadLettersDeps) {}

  /** Sends them again, under the ids they have. @throws RabbitMQError; what was sent by then is. */
  replay(choice: DeadLetterChoice): Promise<DeadLetterOutcome> {
    return this.work(choice, (delivery) => this.deps.again(delivery));
  }

  /** Forgets them; the delivery log says so. @throws RabbitMQError. */
  drop(choice: DeadLetterChoice): Promise<DeadLetterOutcome> {
    return this.work(choice, (delivery) => {
      const known = this.deps.log.get(delivery.id);
      return this.deps.log.note(delivery, {
        status: 'dropped',
        lastStatus: known?.lastStatus ?? null,
        lastError: 'dropped by request',
        durationMs: known?.durationMs ?? null,
        nextAttemptAt: null,
      });
    });
  }

  private async work(
    { webhookId, limit }: DeadLetterChoice,
    act: (delivery: Delivery) => Promise<unknown>,
  ): Promise<DeadLetterOutcome> {
    const cursor = await this.deps.openCursor();
    let [done, outdated] = [0, 0];
    try {
      // Not those that die while we are at it.
      for (let seen = 0; seen < cursor.waiting && done < limit; seen += 1) {
        const message = await cursor.next();
        if (message === undefined) break;
        const delivery = readDelivery(message.content);
        if (delivery !== undefined && webhookId !== undefined && delivery.endpointId !== webhookId) {
          cursor.leave();
          continue;
        }
        if (delivery !== undefined && this.isOutdated(delivery)) outdated += 1;
        else if (delivery !== undefined) {
          await act(delivery);
          done += 1;
        }
        message.ack();
      }
    } finally {
      await cursor.release();
    }
    return { done, outdated };
  }

  private isOutdated({ id, run }: Delivery): boolean {
    return (this.deps.log.get(id)?.delivery.run ?? run) > run;
  }
}
