import type { ExchangeDeclaration, Topology } from '../../amqp';
import { QueueError } from '../../amqp';
import type { ManagedExchange, ManagementClient, NamePolicy } from '../messaging';

export interface ExchangeServiceDeps {
  readonly topology: Pick<Topology, 'declareExchange' | 'deleteExchange' | 'exchangeExists' | 'exchangeIs'>;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'exchange' | 'exchanges'> | undefined;
  readonly names: Pick<NamePolicy, 'checkExchange'>;
}

/** An exchange, as far as it can be told. */
export interface DetailedExchange {
  readonly source: 'amqp' | 'management';
  readonly name: string;
  readonly type: string | null;
  readonly managed: ManagedExchange | undefined;
}

export interface ExchangeList {
  readonly source: 'amqp' | 'management';
  readonly complete: boolean;
  readonly total: number;
  readonly items: readonly DetailedExchange[];
}

/** The types AMQP itself has; of others only the management API knows. */
const TYPES = ['direct', 'topic', 'fanout', 'headers'] as const;

/** Those of every virtual host: all that AMQP alone can list. */
const PREDEFINED: readonly (readonly [string, string])[] = [
  ['amq.direct', 'direct'],
  ['amq.fanout', 'fanout'],
  ['amq.headers', 'headers'],
  ['amq.match', 'headers'],
  ['amq.topic', 'topic'],
];

/** Declares, inspects, lists and deletes exchanges. */
export class ExchangeService {
  constructor(private readonly deps: ExchangeServiceDeps) {}

  /** @throws QueueError PRECONDITION_FAILED when one of this name exists with other settings. */
  async declare(declaration: ExchangeDeclaration): Promise<void> {
    this.deps.names.checkExchange(declaration.name, '/exchange');
    await this.deps.topology.declareExchange(declaration);
  }

  /** Reads only, so internal exchanges may be asked for too. @throws QueueError EXCHANGE_NOT_FOUND. */
  async info(name: string): Promise<DetailedExchange> {
    const { topology, management } = this.deps;
    if (!(await topology.exchangeExists(name)))
      throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${name}.`);
    const managed = (await management?.exchange(name)) ?? undefined;
    if (managed !== undefined) return { source: 'management', name, type: managed.type, managed };
    return { source: 'amqp', name, type: await this.typeOf(name), managed: undefined };
  }

  async list(command: {
    readonly page: number;
    readonly pageSize: number;
    readonly name: string | undefined;
  }): Promise<ExchangeList> {
    const { management } = this.deps;
    if (management === undefined) {
      const items = PREDEFINED.filter(([name]) => name.includes(command.name ?? '')).map(
        ([name, type]) => ({ source: 'amqp', name, type, managed: undefined }) as const,
      );
      return { source: 'amqp', complete: false, total: items.length, items };
    }
    const { page, pageSize, name } = command;
    const pattern = name?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const found = await management.exchanges({ page, pageSize, name: pattern });
    const items = found.items
      .filter((exchange) => exchange.name !== '')
      .map((managed) => ({ source: 'management', name: managed.name, type: managed.type, managed }) as const);
    return { source: 'management', complete: true, total: found.filtered_count, items };
  }

  /** False when there was none. @throws QueueError PRECONDITION_FAILED while it has bindings and that was asked for. */
  async delete(name: string, ifUnused: boolean): Promise<boolean> {
    this.deps.names.checkExchange(name, '/exchange');
    const existed = await this.deps.topology.exchangeExists(name);
    await this.deps.topology.deleteExchange(name, { ifUnused });
    return existed;
  }

  private async typeOf(name: string): Promise<string | null> {
    for (const type of TYPES) if (await this.deps.topology.exchangeIs(name, type)) return type;
    return null;
  }
}
