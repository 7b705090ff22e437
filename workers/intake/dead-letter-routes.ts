import type { Topology } from '../../amqp';
import type { Logger } from '../../runtime';

/** Where dead letters go. */
export interface DeadLetterRoute {
  readonly exchange: string;
  /** Undefined: the key the message came with. */
  readonly routingKey?: string | undefined;
}

export interface DeadLetterRoutesDeps {
  readonly topology: Pick<Topology, 'queueArguments'>;
  /** The worker's own setting; wins over the queues'. */
  readonly configured: DeadLetterRoute | undefined;
  readonly logger: Logger;
}

/** Knows the dead-letter exchange of each queue; asks the broker once per queue. One given by a policy does not show. */
export class DeadLetterRoutes {
  private readonly known = new Map<string, Promise<DeadLetterRoute | undefined>>();

  constructor(private readonly deps: DeadLetterRoutesDeps) {}

  of(queue: string): Promise<DeadLetterRoute | undefined> {
    const { configured } = this.deps;
    if (configured !== undefined) return Promise.resolve(configured);
    let route = this.known.get(queue);
    if (route === undefined) {
      route = this.ask(queue);
      this.known.set(queue, route);
    }
    return route;
  }

  private async ask(queue: string): Promise<DeadLetterRoute | undefined> {
    try {
      const declared = (await this.deps.topology.queueArguments(queue)) ?? {};
      const exchange = declared['x-dead-letter-exchange'];
      const routingKey = declared['x-dead-letter-routing-key'];
      if (typeof exchange !== 'string') return undefined;
      return typeof routingKey === 'string' ? { exchange, routingKey } : { exchange };
    } catch (error) {
      this.known.delete(queue);
      this.deps.logger.warn('the dead-letter exchange of a queue is not known', { queue, error });
      return undefined;
    }
  }
}
