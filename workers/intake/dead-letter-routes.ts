import type { Topology } from '../../amqp';
import { DEAD_LETTER_EXCHANGE, deadLetterQueueOf } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';

/** Where dead letters go. */
export interface DeadLetterRoute {
  readonly exchange: string;
  /** Undefined: the key the message came with. */
  readonly routingKey?: string | undefined;
}

export interface DeadLetterRoutesDeps {
  readonly topology: Pick<Topology, 'queueArguments' | 'queueStatus'>;
  /** The worker's own setting; wins over the queues'. */
  readonly configured: DeadLetterRoute | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
}

/** A queue without dead letters may get them while the worker runs: how long "none" is believed, in milliseconds. */
const NONE_MS = 30_000;

interface Known {
  readonly route: Promise<DeadLetterRoute | undefined>;
  readonly askedAt: number;
}

/**
 * Knows where the dead letters of each queue go, and asks the broker for it: the queue's own argument; else, where `<queue>.dead`
 * exists, the exchange that a gateway's set-up binds it to. A policy does not show, and this is how one is set up.
 */
export class DeadLetterRoutes {
  private readonly known = new Map<string, Known>();

  constructor(private readonly deps: DeadLetterRoutesDeps) {}

  async of(queue: string): Promise<DeadLetterRoute | undefined> {
    const { configured, clock } = this.deps;
    if (configured !== undefined) return configured;
    const known = this.known.get(queue);
    const route = await known?.route;
    const now = clock.monotonic();
    if (known !== undefined && (route !== undefined || now - known.askedAt < NONE_MS)) return route;
    // Another message may have asked meanwhile.
    const newer = this.known.get(queue);
    if (newer !== undefined && newer !== known) return newer.route;
    const asked = { route: this.ask(queue), askedAt: now };
    this.known.set(queue, asked);
    return asked.route;
  }

  private async ask(queue: string): Promise<DeadLetterRoute | undefined> {
    try {
      return (await this.declared(queue)) ?? (await this.setUp(queue));
    } catch (error) {
      this.known.delete(queue);
      this.deps.logger.warn('the dead-letter exchange of a queue is not known', { queue, error });
      return undefined;
    }
  }

  private async declared(queue: string): Promise<DeadLetterRoute | undefined> {
    const declared = (await this.deps.topology.queueArguments(queue)) ?? {};
    const exchange = declared['x-dead-letter-exchange'];
    const routingKey = declared['x-dead-letter-routing-key'];
    if (typeof exchange !== 'string') return undefined;
    return typeof routingKey === 'string' ? { exchange, routingKey } : { exchange };
  }

  private async setUp(queue: string): Promise<DeadLetterRoute | undefined> {
    const letters = await this.deps.topology.queueStatus(deadLetterQueueOf(queue));
    return letters === null ? undefined : { exchange: DEAD_LETTER_EXCHANGE, routingKey: queue };
  }
}
