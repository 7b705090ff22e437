import { QueueError, type Topology } from '../../amqp';
import {
  explained,
  type ManagedBinding,
  type ManagementClient,
  type NamePolicy,
  requiredManagement,
} from '../messaging';

export interface BindingServiceDeps {
  readonly topology: Pick<
    Topology,
    'bindQueue' | 'unbindQueue' | 'bindExchange' | 'unbindExchange' | 'queueStatus' | 'exchangeExists'
  >;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'bindings'> | undefined;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
}

/** From an exchange to a queue or to another exchange. */
export interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly destinationType: 'queue' | 'exchange';
  readonly routingKey: string;
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
}

/** Those every virtual host has: they may be bound from, since nothing of theirs is changed. */
export const isPredefinedExchange = (name: string): boolean =>
  /^amq\.(direct|topic|fanout|headers|match)$/.test(name);

/** Binds, unbinds and lists bindings. */
export class BindingService {
  constructor(private readonly deps: BindingServiceDeps) {}

  /** Binding twice is binding once. @throws QueueError QUEUE_NOT_FOUND, EXCHANGE_NOT_FOUND. */
  async bind(binding: Binding): Promise<void> {
    await this.check(binding);
    const { topology } = this.deps;
    const { source, destination, destinationType, routingKey, arguments: args } = binding;
    if (destinationType === 'queue')
      await explained(
        topology.bindQueue({ queue: destination, exchange: source, routingKey, arguments: args }),
      );
    else
      await explained(topology.bindExchange({ exchange: destination, source, routingKey, arguments: args }));
  }

  /** What is not bound counts as unbound. @throws QueueError QUEUE_NOT_FOUND, EXCHANGE_NOT_FOUND. */
  async unbind(binding: Binding): Promise<void> {
    await this.check(binding);
    const { topology } = this.deps;
    const { source, destination, destinationType, routingKey, arguments: args } = binding;
    if (destinationType === 'queue')
      await explained(
        topology.unbindQueue({ queue: destination, exchange: source, routingKey, arguments: args }),
      );
    else
      await explained(
        topology.unbindExchange({ exchange: destination, source, routingKey, arguments: args }),
      );
  }

  /** @throws GatewayError MANAGEMENT_NOT_CONFIGURED: AMQP cannot list bindings. */
  async list(wanted: {
    readonly source: string | undefined;
    readonly destination: string | undefined;
  }): Promise<readonly ManagedBinding[]> {
    const all = await requiredManagement(this.deps.management, 'Listing bindings').bindings();
    return all.filter(
      ({ source, destination }) =>
        (wanted.source === undefined || source === wanted.source) &&
        (wanted.destination === undefined || destination === wanted.destination),
    );
  }

  private async check({ source, destination, destinationType }: Binding): Promise<void> {
    const { names, topology } = this.deps;
    if (!isPredefinedExchange(source)) names.checkExchange(source, '/source');
    if (destinationType === 'queue') names.checkQueue(destination, '/destination');
    else names.checkExchange(destination, '/destination');
    if (!(await topology.exchangeExists(source)))
      throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${source}.`);
    const missing =
      destinationType === 'queue'
        ? (await topology.queueStatus(destination)) === null
        : !(await topology.exchangeExists(destination));
    if (!missing) return;
    if (destinationType === 'queue')
      throw new QueueError('QUEUE_NOT_FOUND', `There is no queue ${destination}.`);
    throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${destination}.`);
  }
}
