import { type ConfirmPublisher, QueueError, type Topology } from '../../amqp';
import type { ChordCounter, Continuation, DividedStep } from '../client';
import { TaskError } from '../errors';
import type { ChordStep, canvas } from '../protocol';
import { CHORD_QUEUE, chordQueue } from './chord-queue';
import { divideStep } from './divide-step';
import { awaitedOf, chordJoin, encodeJoin, JOIN_TYPE, type Join } from './join';

/** What {@link RpcChordCounter} is made of. */
export interface RpcChordCounterOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly topology: Pick<Topology, 'ensureQueue'>;
  /** Default `celery-gateway.chords`: the queue the gateways' joiners consume. */
  readonly queue?: string | undefined;
  /** Whether results sent to this queue arrive where every gateway sees them. Default: they do. */
  readonly supported?: ((replyTo: string) => boolean) | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * Chords on `rpc://`, which Celery refuses: the chord is left with the gateways as a durable message before its first header task
 * goes out, and one of them starts the body when the header's results have come (docs/adr/0064-chords-on-rpc.md). For gateways,
 * clients and TypeScript workers alike.
 */
export class RpcChordCounter implements ChordCounter {
  readonly #options: RpcChordCounterOptions;
  readonly #queue: string;
  readonly #now: () => number;
  #declared: Promise<unknown> | undefined;

  constructor(options: RpcChordCounterOptions) {
    this.#options = options;
    this.#queue = options.queue ?? CHORD_QUEUE;
    this.#now = options.now ?? Date.now;
  }

  /** @throws TaskError `CANVAS_UNSUPPORTED` where results do not reach every gateway; RabbitMQError. */
  begin(chord: ChordStep): Promise<void> {
    return this.#leave(chordJoin(chord, this.#now()));
  }

  /** The header's results say how many they are. */
  async setSize(): Promise<void> {}

  divide(step: canvas.TaskStep): DividedStep {
    return divideStep(step);
  }

  /** @throws as {@link begin}. */
  takeOver(continuation: Continuation): Promise<void> {
    const { kind, awaits, next, replyTo, rootId } = continuation;
    const awaited = awaitedOf(awaits);
    return this.#leave({ kind, id: awaits.id, awaits: awaited, next, replyTo, rootId, begunAt: this.#now() });
  }

  async #leave(join: Join): Promise<void> {
    if (join.replyTo === '') {
      const detail =
        'the results of a chord on rpc:// have to go to the stream that gateways read: reply_to is empty';
      throw new TaskError('CANVAS_UNSUPPORTED', detail);
    }
    if (this.#options.supported?.(join.replyTo) === false) {
      const detail = 'chords on rpc:// need results that go to a RabbitMQ stream which gateways read';
      throw new TaskError('CANVAS_UNSUPPORTED', detail);
    }
    const content = encodeJoin(join);
    try {
      await this.#publish(join, content);
    } catch (error) {
      if (!(error instanceof QueueError && error.code === 'UNROUTABLE')) throw error;
      // Deleted since it was declared.
      this.#declared = undefined;
      await this.#publish(join, content);
    }
  }

  async #publish(join: Join, content: Buffer): Promise<void> {
    this.#declared ??= this.#options.topology.ensureQueue(chordQueue(this.#queue));
    await this.#declared.catch((error: unknown) => {
      this.#declared = undefined;
      throw error;
    });
    await this.#options.publisher.publish({
      exchange: '',
      routingKey: this.#queue,
      content,
      properties: {
        type: JOIN_TYPE,
        messageId: join.id,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 2,
        timestamp: Math.floor(join.begunAt / 1000),
      },
    });
  }
}
