import type { Delivery } from '../../amqp';
import type { ContentProtection } from '../../celery/protocol';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import type { MessagingService, NamePolicy, QueueWork } from '../messaging';
import type { Operation } from '../operations';
import {
  deadLetterMark,
  type MessageFilter,
  messageOf,
  type Peek,
  type QueueContentsService,
  type ReadMessage,
  replayCount,
  type Selection,
  type Target,
} from '../queue-contents';
import type { DeadLetterCount, DeadLetterQueues } from './dead-letter-queues';
import { type DeadLetterLine, lineOf, requestOf } from './line';
import { type Edit, replayedMessage } from './replayed-message';

export interface DeadLetterServiceDeps {
  readonly queues: Pick<DeadLetterQueues, 'counts'>;
  readonly contents: Pick<
    QueueContentsService,
    'peek' | 'find' | 'purge' | 'sweep' | 'read' | 'checkTarget' | 'checkReadable' | 'reachesCelery'
  >;
  readonly work: Pick<QueueWork, 'publish' | 'status'>;
  readonly messaging: Pick<MessagingService, 'isCeleryQueue'>;
  readonly names: Pick<NamePolicy, 'checkQueue'>;
  /** What signs or encrypts bodies here, if anything does. */
  readonly protection: ContentProtection | undefined;
  /** A letter replayed so often is left, unless the call says otherwise. */
  readonly maxReplays: number;
  readonly clock: Pick<Clock, 'now'>;
}

export interface ReplayCommand extends Selection {
  readonly queue: string;
  /** Undefined: each to where it died. */
  readonly to: Target | undefined;
  readonly maxReplays: number | undefined;
  readonly resetRetries: boolean;
  readonly force: boolean;
  readonly edit: Edit | undefined;
}

export interface ListCommand {
  readonly queue: string;
  readonly filter: MessageFilter;
  readonly offset: number;
  readonly limit: number;
  readonly maxPayloadBytes: number;
}

/** Bodies one list holds, in bytes. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const LIST_MS = 60_000;
const ALL = { limit: undefined, ratePerSecond: undefined, dryRun: false } as const;

/** Dead letters: what they are, and what becomes of them. */
export class DeadLetterService {
  constructor(private readonly deps: DeadLetterServiceDeps) {}

  counts(): Promise<readonly DeadLetterCount[]> {
    return this.deps.queues.counts();
  }

  /** Letters that a filter chooses, from the head of the queue; they stay. */
  async list(command: ListCommand, signal: AbortSignal): Promise<readonly ReadMessage[]> {
    const { queue, filter, offset, limit, maxPayloadBytes } = command;
    const unfiltered = Object.values(filter).every((value) => value === undefined);
    if (unfiltered && offset === 0) return (await this.peek(queue, limit, maxPayloadBytes)).messages;
    const found: ReadMessage[] = [];
    let [seen, bytes] = [0, 0];
    const selection = { ...ALL, filter, limit: offset + limit };
    const operation = await this.deps.contents.sweep('list', queue, selection, {
      removes: false,
      act: (delivery) => {
        seen += 1;
        bytes += delivery.content.length;
        if (seen > offset && bytes <= MAX_LIST_BYTES)
          found.push(this.deps.contents.read(messageOf(delivery), maxPayloadBytes));
        return 'done';
      },
    });
    await operation.ended(LIST_MS, signal);
    if (operation.running) operation.cancel();
    const { error } = operation.snapshot();
    if (error !== null) throw new GatewayError('NOT_READY', error.detail, { retryable: true });
    return found;
  }

  /** @throws GatewayError MESSAGE_NOT_FOUND. */
  find(queue: string, id: string, maxPayloadBytes: number, signal: AbortSignal): Promise<ReadMessage> {
    return this.deps.contents.find(queue, id, maxPayloadBytes, signal);
  }

  /** Sends letters out again; each leaves the queue only after RabbitMQ has confirmed it at its place. */
  async replay(command: ReplayCommand): Promise<Operation> {
    const { queue, to, resetRetries, edit } = command;
    const { contents, clock, work, protection } = this.deps;
    if (to !== undefined) await contents.checkTarget(queue, to);
    const most = command.maxReplays ?? this.deps.maxReplays;
    return contents.sweep('replay', queue, command, {
      removes: true,
      act: async (delivery): Promise<'done' | 'skipped'> => {
        if (replayCount(delivery.headers) >= most) return 'skipped';
        const target = to ?? this.originOf(delivery, queue);
        const copy = replayedMessage(delivery, { resetRetries, edit, protection, now: clock.now() });
        if (!command.force && this.reachesWorkers(target, delivery))
          contents.checkReadable({ ...copy, headers: copy.properties.headers ?? {} });
        await work.publish({ ...target, ...copy, trustedHeaders: true });
        return 'done';
      },
    });
  }

  discard(queue: string, selection: Selection): Promise<Operation> {
    return this.deps.contents.purge('discard', queue, selection);
  }

  /** Hands each letter to `write`, which resolves when it may have the next; all stay in the queue. */
  async export(
    queue: string,
    filter: MessageFilter,
    write: (line: DeadLetterLine) => Promise<void>,
  ): Promise<Operation> {
    let last = Promise.resolve();
    return this.deps.contents.sweep(
      'export',
      queue,
      { ...ALL, filter },
      {
        removes: false,
        act: (delivery): Promise<'done'> => {
          // In their order, however long one takes.
          last = last.then(() => write(lineOf(messageOf(delivery))));
          return last.then(() => 'done');
        },
      },
    );
  }

  /** Puts an exported letter into a queue. Resolves when RabbitMQ has it. */
  async import(queue: string, line: DeadLetterLine): Promise<void> {
    await this.deps.work.publish(requestOf(queue, line));
  }

  /** @throws RabbitMQError when nothing can be imported into it. */
  async checkImport(queue: string): Promise<void> {
    this.deps.names.checkQueue(queue, '/queue_name');
    if (this.deps.messaging.isCeleryQueue(queue))
      throw new GatewayError('NAME_NOT_ALLOWED', 'Import into a dead-letter queue, and replay from there.');
    await this.deps.work.status(queue);
  }

  private peek(queue: string, limit: number, maxPayloadBytes: number): Promise<Peek> {
    return this.deps.contents.peek(queue, limit, maxPayloadBytes);
  }

  /** Anybody can write the headers that tell it, so it is held to the same rules as a queue named by a caller. */
  private originOf(delivery: Delivery, queue: string): Target {
    const origin = deadLetterMark(delivery.headers)?.queue ?? undefined;
    if (origin === undefined)
      throw new GatewayError('REQUEST_INVALID', 'It does not say where it died: give a target.');
    this.deps.names.checkQueue(origin, '/origin');
    if (origin === queue)
      throw new GatewayError('REQUEST_INVALID', 'It died in this very queue: give a target.');
    return { exchange: '', routingKey: origin };
  }

  private reachesWorkers(target: Target, { headers }: Delivery): boolean {
    return headers.task !== undefined || this.deps.contents.reachesCelery(target);
  }
}
