import type { Keyed, KeyedLog } from '../../celery/streams';
import { GatewayError } from '../errors';
import type { QueuePause } from './queue-pause';

/** Attempts to write on top of what others write at the same time. */
const ATTEMPTS = 10;

/** The paused queues, as all gateways of the vhost remember them. */
export class PauseBook {
  constructor(
    private readonly log: Pick<KeyedLog<QueuePause>, 'get' | 'put' | 'remove' | 'entries' | 'usable'>,
  ) {}

  get(queue: string): QueuePause | undefined {
    return this.log.get(queue)?.value;
  }

  entries(): readonly (readonly [string, QueuePause])[] {
    return [...this.log.entries()].map(([queue, { value }]) => [queue, value] as const);
  }

  /**
   * Changes what is remembered of a queue.
   * @param change from what is remembered to what shall be; undefined forgets it, the same object leaves it.
   * @returns what is remembered now.
   * @throws GatewayError NOT_READY where nothing can be kept, CONCURRENT_CHANGE when others are always faster.
   */
  async change(
    queue: string,
    change: (known: QueuePause | undefined) => QueuePause | undefined,
  ): Promise<QueuePause | undefined> {
    if (!this.log.usable) {
      throw new GatewayError('NOT_READY', 'Paused queues cannot be remembered: their stream is not open.', {
        retryable: true,
      });
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const known = this.log.get(queue);
      const wanted = change(known?.value);
      if (wanted === known?.value || (await this.write(queue, known, wanted))) return wanted;
    }
    throw new GatewayError('CONCURRENT_CHANGE', `The queue ${queue} is being changed by others.`);
  }

  private write(
    queue: string,
    known: Keyed<QueuePause> | undefined,
    wanted: QueuePause | undefined,
  ): Promise<boolean> {
    if (wanted !== undefined) return this.log.put(queue, wanted, known?.version ?? null);
    return known === undefined ? Promise.resolve(true) : this.log.remove(queue, known.version);
  }
}
