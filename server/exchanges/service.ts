import { type ExchangeDeclaration, QueueError, type Topology } from '../../amqp';
import { explained, type ManagedExchange, type ManagementClient, type NamePolicy } from '../messaging';
import type { DeclaredNames, ListCommand } from '../queues';

export interface ExchangeServiceDeps {
  readonly topology: Pick<Topology, 'declareExchange' | 'deleteExchange' | 'exchangeExists' | 'exchangeIs'>;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'exchange' | 'exchanges'> | undefined;
  readonly names: Pick<NamePolicy, 'checkExchange'>;
  readonly declared: DeclaredNames;
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
const PREDEFINED = ['amq.direct', 'amq.fanout', 'amq.headers', 'amq.match', 'amq.topic'] as const;

/** Declares, inspects, lists and deletes exchanges. */
export class ExchangeService {
  /** What each turned out to be. Asked for first: each wrong guess costs a channel, on which all such work waits. */
  private readonly types = new Map<string, (typeof TYPES)[number]>();

  constructor(private readonly deps: ExchangeServiceDeps) {}

  /** @throws QueueError PRECONDITION_FAILED when one of this name exists with other settings. */
  async declare(declaration: ExchangeDeclaration): Promise<void> {
    this.deps.names.checkExchange(declaration.name, '/exchange');
    await explained(this.deps.topology.declareExchange(declaration));
    this.deps.declared.add(declaration.name);
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

  /** Without the management API: those of every virtual host, and those declared through this gateway that are still there. */
  async list(command: ListCommand): Promise<ExchangeList> {
    const { management } = this.deps;
    if (management === undefined) return this.listKnown(command);
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
    this.deps.declared.delete(name);
    this.types.delete(name);
    const existed = await this.deps.topology.exchangeExists(name);
    await explained(this.deps.topology.deleteExchange(name, { ifUnused }));
    return existed;
  }

  private async listKnown({ page, pageSize, name: part = '' }: ListCommand): Promise<ExchangeList> {
    const { declared, topology } = this.deps;
    const names = [...PREDEFINED, ...declared.names()]
      .filter((name) => name.includes(part))
      .sort((a, b) => (a < b ? -1 : 1));
    const items: DetailedExchange[] = [];
    let gone = 0;
    for (const name of names.slice((page - 1) * pageSize, page * pageSize)) {
      if (await topology.exchangeExists(name))
        items.push({ source: 'amqp', name, type: await this.typeOf(name), managed: undefined });
      else gone += 1;
    }
    return { source: 'amqp', complete: false, total: names.length - gone, items };
  }

  private async typeOf(name: string): Promise<string | null> {
    const known = this.types.get(name);
    const likely = known === undefined ? TYPES : [known, ...TYPES.filter((type) => type !== known)];
    for (const type of likely) {
      if (!(await this.deps.topology.exchangeIs(name, type))) continue;
      this.types.set(name, type);
      return type;
    }
    return null;
  }
}
