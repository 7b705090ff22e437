import type { Topology } from '../../amqp';
import { DEAD_LETTER_EXCHANGE, DEAD_LETTER_SUFFIX, deadLetterQueueOf } from '../../celery/protocol';
import type { ManagementClient } from '../messaging';

export interface DeadLetterQueuesDeps {
  readonly topology: Pick<Topology, 'queueStatus'>;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'bindings'> | undefined;
  readonly configured: readonly string[];
  /** Queues whose dead letters there may be. */
  readonly knownQueues: () => readonly string[];
}

export interface DeadLetterCount {
  readonly queueName: string;
  readonly messageCount: number;
  readonly consumerCount: number;
}

/** Set-ups are remembered up to a bound; those of a known queue are found by their name anyway. */
const MAX_REMEMBERED = 10_000;

/**
 * Which queues hold dead letters: configured ones, those set up through this process, `<queue>.dead` of each queue the gateway
 * knows, and with the management API all that are bound to the exchange of dead letters.
 */
export class DeadLetterQueues {
  private readonly setUp = new Set<string>();

  constructor(private readonly deps: DeadLetterQueuesDeps) {}

  remember(queue: string): void {
    if (this.setUp.size < MAX_REMEMBERED) this.setUp.add(queue);
  }

  /** Those that exist, by name, with what waits in them. */
  async counts(): Promise<readonly DeadLetterCount[]> {
    const counts: DeadLetterCount[] = [];
    for (const queueName of await this.candidates()) {
      const status = await this.deps.topology.queueStatus(queueName);
      if (status === null) continue;
      const { messageCount, consumerCount } = status;
      counts.push({ queueName, messageCount, consumerCount });
    }
    return counts;
  }

  private async candidates(): Promise<readonly string[]> {
    const { configured, knownQueues, management } = this.deps;
    // Without its answer the others are still to be told.
    const bindings = (await management?.bindings().catch(() => [])) ?? [];
    const bound = bindings
      .filter(({ source, destination_type: type }) => source === DEAD_LETTER_EXCHANGE && type === 'queue')
      .map(({ destination }) => destination);
    const named = knownQueues()
      .filter((queue) => !queue.endsWith(DEAD_LETTER_SUFFIX))
      .map(deadLetterQueueOf);
    return [...new Set([...configured, ...this.setUp, ...bound, ...named])].sort((a, b) => (a < b ? -1 : 1));
  }
}
