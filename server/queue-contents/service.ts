import { copyOf, type Delivery, type PeekedMessage } from '../../amqp';
import { type ContentProtection, readTaskMessage } from '../../celery/protocol';
import type { Clock } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import type { MessagingService, NamePolicy, QueueWork } from '../messaging';
import type { Operation, OperationHandle, OperationService } from '../operations';
import { type FilterKnowledge, type MessageFilter, messageTest } from './message-filter';
import { type ReadMessage, readMessage } from './read-message';
import { Sweep, type SweepPlan } from './sweep';

export interface QueueContentsDeps {
  readonly work: Pick<QueueWork, 'status' | 'takeable' | 'peek' | 'openCursor' | 'ready' | 'publish'>;
  readonly operations: Pick<OperationService, 'begin'>;
  readonly messaging: Pick<MessagingService, 'isCeleryQueue'>;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  /** When a task was submitted (epoch ms), where the gateway remembers it. */
  readonly submittedAt: (taskId: string) => number | undefined;
  /** What signs or encrypts bodies here, if anything does. */
  readonly protection: ContentProtection | undefined;
  readonly maxScan: number;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** What was seen at the head of a queue. */
export interface Peek {
  readonly queueType: string;
  readonly waiting: number;
  readonly messages: readonly ReadMessage[];
}

/** Where messages go: through an exchange, or to a queue (default exchange). */
export interface Target {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Which messages, how many, how fast. */
export interface Selection {
  readonly filter: MessageFilter;
  readonly limit: number | undefined;
  readonly ratePerSecond: number | undefined;
  readonly dryRun: boolean;
}

export interface TransferCommand extends Selection {
  readonly queue: string;
  readonly to: Target;
  readonly mode: 'move' | 'copy';
  /** Also messages that a Celery worker could not read, to a queue of Celery workers. */
  readonly force: boolean;
}

/** Bodies one answer may hold, in bytes. */
const MAX_PEEK_BYTES = 8 * 1024 * 1024;
const FIND_MS = 30_000;

export const QUORUM_NOTE =
  'This is a quorum queue: each message that was looked at and left counts as delivered once more (RabbitMQ before 4.3), and a delivery limit counts that too. Where more than fifty were passed over they may come back in another order.';
export const PEEK_NOTE = 'Messages that were looked at and left are marked as redelivered.';

/** Looks into queues and takes messages out of them. */
export class QueueContentsService {
  constructor(private readonly deps: QueueContentsDeps) {}

  /** The first messages of a queue, which stay there. @param maxPayloadBytes of each body. */
  async peek(queue: string, count: number, maxPayloadBytes: number): Promise<Peek> {
    return this.look(queue, count, maxPayloadBytes, 'requeue');
  }

  /** Takes the first messages out of a queue: they are gone when this answers, whether or not the answer arrives. */
  async take(queue: string, count: number, maxPayloadBytes: number): Promise<Peek> {
    return this.look(queue, count, maxPayloadBytes, 'ack');
  }

  /**
   * One message by its task id, message id or correlation id; it stays in the queue.
   * @throws GatewayError MESSAGE_NOT_FOUND.
   */
  async find(queue: string, id: string, maxPayloadBytes: number, signal: AbortSignal): Promise<ReadMessage> {
    let found: PeekedMessage | undefined;
    const selection = { filter: { ids: [id] }, limit: 1, ratePerSecond: undefined, dryRun: false };
    const operation = await this.sweep('find', queue, selection, {
      removes: false,
      act: (delivery) => {
        found = messageOf(delivery);
        return 'done';
      },
    });
    await operation.ended(FIND_MS, signal);
    operation.cancel();
    if (found === undefined) throw await endOf(operation, queue, id);
    return this.read(found, maxPayloadBytes);
  }

  /** Takes one message out for good. @throws GatewayError MESSAGE_NOT_FOUND. */
  async remove(queue: string, id: string, signal: AbortSignal): Promise<void> {
    const selection = { filter: { ids: [id] }, limit: 1, ratePerSecond: undefined, dryRun: false };
    const operation = await this.purge('remove', queue, selection);
    await operation.ended(FIND_MS, signal);
    operation.cancel();
    if (operation.progress.done === 0) throw await endOf(operation, queue, id);
  }

  /** Drops the chosen messages. */
  purge(kind: string, queue: string, selection: Selection): Promise<Operation> {
    return this.sweep(kind, queue, selection, { removes: true, act: () => 'done' });
  }

  /** Sends the chosen messages elsewhere; each leaves its queue only after RabbitMQ has confirmed it there. */
  async transfer(command: TransferCommand): Promise<Operation> {
    const { to, queue, mode, force } = command;
    await this.checkTarget(queue, to);
    const guarded = !force && this.reachesCelery(to);
    return this.sweep(mode, queue, command, {
      removes: mode === 'move',
      act: async (delivery): Promise<'done'> => {
        if (guarded) this.checkReadable(delivery);
        await this.deps.work.publish({ ...to, ...copyOf(delivery), trustedHeaders: true });
        return 'done';
      },
    });
  }

  /** A message as it is shown. */
  read(message: PeekedMessage, maxPayloadBytes: number): ReadMessage {
    return readMessage(message, maxPayloadBytes, this.deps.protection);
  }

  /**
   * Refuses what would kill or mislead the workers of the queue it goes to.
   * @throws GatewayError MESSAGE_NOT_A_TASK.
   */
  checkReadable(message: Pick<PeekedMessage, 'content' | 'properties' | 'headers'>): void {
    // Taken apart: a delivery's parts are getters, which a spread leaves behind.
    const { content, properties, headers } = message;
    const place = { exchange: '', routingKey: '', redelivered: false };
    const { protection } = this.deps;
    const read = readTaskMessage({ content, properties, headers, ...place }, { protection });
    if (read.kind === 'task') return;
    throw new GatewayError(
      'MESSAGE_NOT_A_TASK',
      `A Celery worker could not read this message: ${read.reason}: ${read.detail}`,
    );
  }

  /** Begins an operation that goes through a queue. @throws RabbitMQError before it begins. */
  async sweep(
    kind: string,
    queue: string,
    selection: Selection,
    step: Pick<SweepPlan, 'act' | 'removes'>,
  ): Promise<Operation> {
    this.deps.names.checkQueue(queue, '/queue_name');
    const type = await this.deps.work.takeable(queue);
    const { filter, dryRun, limit, ratePerSecond } = selection;
    const test = isEmpty(filter) ? undefined : messageTest(filter, this.knowledge());
    const plan: SweepPlan = {
      queue,
      test,
      act: dryRun ? undefined : step.act,
      removes: step.removes && !dryRun,
      limit,
      ratePerSecond,
    };
    return this.deps.operations.begin({ kind, queue, dryRun }, (operation) =>
      this.run(plan, operation, type),
    );
  }

  /** Where messages may go. @throws RabbitMQError when they may not, or nothing is there. */
  async checkTarget(queue: string, { exchange, routingKey }: Target): Promise<void> {
    const { names, work } = this.deps;
    names.checkExchange(exchange, '/to/exchange');
    if (exchange !== '') return;
    names.checkQueue(routingKey, '/to/queue_name');
    if (routingKey === queue) {
      throw inputError('REQUEST_INVALID', 'The messages are there already.', [
        { pointer: '/to/queue_name', detail: 'is the queue itself' },
      ]);
    }
    await work.status(routingKey);
  }

  reachesCelery({ exchange, routingKey }: Target): boolean {
    return [exchange, routingKey].some((name) => this.deps.messaging.isCeleryQueue(name));
  }

  private async run(plan: SweepPlan, operation: OperationHandle, type: string): Promise<void> {
    const { work, maxScan, clock } = this.deps;
    const leaves = !plan.removes || plan.test !== undefined;
    if (leaves) operation.note(PEEK_NOTE);
    if (leaves && type === 'quorum') operation.note(QUORUM_NOTE);
    const monotonic = () => clock.monotonic();
    await new Sweep(plan, operation, { broker: work, maxScan, monotonic }).run();
  }

  private async look(
    queue: string,
    count: number,
    maxPayloadBytes: number,
    then: 'requeue' | 'ack',
  ): Promise<Peek> {
    const { names, work } = this.deps;
    names.checkQueue(queue, '/queue_name');
    const queueType = await work.takeable(queue);
    const messages = await work.peek(queue, { count, maxBytes: MAX_PEEK_BYTES }, then);
    const { messageCount } = await work.status(queue);
    return {
      queueType,
      waiting: messageCount,
      messages: messages.map((message) => this.read(message, maxPayloadBytes)),
    };
  }

  private knowledge(): FilterKnowledge {
    return { now: this.deps.clock.now(), submittedAt: this.deps.submittedAt };
  }
}

export function messageOf(delivery: Delivery): PeekedMessage {
  const { content, properties, headers, exchange, routingKey, redelivered } = delivery;
  return { content, properties, headers, exchange, routingKey, redelivered };
}

const isEmpty = (filter: MessageFilter): boolean =>
  Object.values(filter).every((value) => value === undefined);

/** Why there is no message: the search failed, or it found none. */
async function endOf(operation: Operation, queue: string, id: string): Promise<GatewayError> {
  const { error } = operation.snapshot();
  const why = error === null ? '' : ` (${error.detail})`;
  return new GatewayError('MESSAGE_NOT_FOUND', `No message ${id} waits in ${queue}${why}.`);
}
