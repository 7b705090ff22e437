import { type QueueDeclaration, QueueError, type Topology } from '../../amqp';
import type { Clock } from '../../runtime';
import { explained, type NamePolicy } from '../messaging';
import type { DeclaredNames } from './declared-names';
import { partitionOf } from './partition-hash';

export interface PartitionServiceDeps {
  readonly topology: Pick<Topology, 'declareExchange' | 'declareQueue' | 'bindQueue' | 'queueStatus'>;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  readonly declared: Pick<DeclaredNames, 'add'>;
  /** Resolves when a queue that was declared keeps what it confirms. */
  readonly settled: (queue: string) => Promise<void>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** A partitioned queue as it was declared. */
export interface Partitions {
  readonly exchange: string;
  readonly queues: readonly string[];
}

/** How long a number of partitions is believed, in milliseconds. */
const TRUST_MS = 30_000;
const MAX_KNOWN = 1000;
/** As many as one queue may have. */
export const MAX_PARTITIONS = 256;

const partName = (name: string, index: number): string => `${name}.${index}`;

/**
 * One queue in n: `name.0` to `name.n-1` behind the direct exchange `name`, with their numbers as routing keys. A key always
 * goes to the same part, so its messages stay in order. How many parts there are is asked of the broker, not remembered.
 */
export class PartitionService {
  private readonly known = new Map<string, { readonly count: number; readonly until: number }>();

  constructor(private readonly deps: PartitionServiceDeps) {}

  /** @throws QueueError PRECONDITION_FAILED when a part exists with other settings. */
  async declare(declaration: QueueDeclaration, partitions: number): Promise<Partitions> {
    const { topology, names, declared } = this.deps;
    const { name } = declaration;
    names.checkQueue(name, '/queue_name');
    names.checkExchange(name, '/queue_name');
    const queues = Array.from({ length: partitions }, (_, index) => partName(name, index));
    await explained(topology.declareExchange({ name, type: 'direct' }));
    for (const [index, queue] of queues.entries()) {
      await explained(topology.declareQueue({ ...declaration, name: queue }));
      declared.add(queue);
      await topology.bindQueue({ queue, exchange: name, routingKey: String(index) });
    }
    this.known.delete(name);
    for (const queue of queues) await this.deps.settled(queue);
    return { exchange: name, queues };
  }

  /** Where messages of the key go. @throws QueueError QUEUE_NOT_FOUND for a queue that has no partitions. */
  async destination(name: string, key: string): Promise<{ exchange: string; routingKey: string }> {
    return { exchange: name, routingKey: String(partitionOf(key, await this.count(name))) };
  }

  /** The queue for messages of the key. @throws QueueError QUEUE_NOT_FOUND. */
  async queueFor(name: string, key: string): Promise<string> {
    return partName(name, partitionOf(key, await this.count(name)));
  }

  private async count(name: string): Promise<number> {
    const now = this.deps.clock.monotonic();
    const known = this.known.get(name);
    if (known !== undefined && known.until > now) return known.count;
    const count = await this.ask(name);
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(name, { count, until: now + TRUST_MS });
    return count;
  }

  /** The parts are numbered without a gap, so their number is found by halving. */
  private async ask(name: string): Promise<number> {
    const exists = async (index: number): Promise<boolean> =>
      (await this.deps.topology.queueStatus(partName(name, index))) !== null;
    if (!(await exists(0)))
      throw new QueueError('QUEUE_NOT_FOUND', `There is no partitioned queue ${name}.`, {
        details: { queue: name },
      });
    let [there, missing] = [0, 1];
    while (missing < MAX_PARTITIONS && (await exists(missing))) [there, missing] = [missing, missing * 2];
    while (missing - there > 1) {
      const middle = Math.floor((there + missing) / 2);
      if (await exists(middle)) there = middle;
      else missing = middle;
    }
    return there + 1;
  }
}
