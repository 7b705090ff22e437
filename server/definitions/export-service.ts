import {
  type ManagedBinding,
  type ManagedExchange,
  type ManagedPolicy,
  type ManagedQueue,
  type ManagementClient,
  requiredManagement,
} from '../messaging';
import type { DefinitionNames } from './definition-names';
import type { DefinedBinding, DefinedExchange, DefinedPolicy, DefinedQueue, Definitions } from './document';

export interface ExportServiceDeps {
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'queues' | 'exchanges' | 'bindings' | 'policies'> | undefined;
  readonly names: Pick<DefinitionNames, 'queue' | 'exchange' | 'binding'>;
}

/** RabbitMQ's largest page. */
const PAGE_SIZE = 500;

interface Part<T> {
  readonly items: readonly T[];
  readonly total_count: number;
}

type Ask<T> = (query: { page: number; pageSize: number; name: undefined }) => Promise<Part<T>>;

async function everyPage<T>(ask: Ask<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; ; page += 1) {
    const { items, total_count: total } = await ask({ page, pageSize: PAGE_SIZE, name: undefined });
    all.push(...items);
    if (items.length === 0 || page * PAGE_SIZE >= total) return all;
  }
}

/** Two exports of the same things are the same text. */
function sorted<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const keyed = items.map((item) => [keyOf(item), item] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}

const byName = <T extends { readonly name: string }>(items: readonly T[]) =>
  sorted(items, ({ name }) => name);

/** What users have declared in the virtual host. Composed of listings, so that it takes no administrator of the broker. */
export class ExportService {
  constructor(private readonly deps: ExportServiceDeps) {}

  /** @throws GatewayError MANAGEMENT_NOT_CONFIGURED. */
  async export(): Promise<Definitions> {
    const management = requiredManagement(this.deps.management, 'Exporting definitions');
    const { names } = this.deps;
    const [queues, exchanges, bindings, policies] = await Promise.all([
      everyPage((query) => management.queues(query)),
      everyPage((query) => management.exchanges(query)),
      management.bindings(),
      management.policies(),
    ]);
    // Exclusive ones belong to a connection, and go with it.
    const own = queues.filter(({ name, exclusive }) => exclusive !== true && names.queue(name) === undefined);
    const ownExchanges = exchanges.filter(({ name }) => names.exchange(name) === undefined);
    const there = {
      queue: new Set(own.map(({ name }) => name)),
      exchange: new Set(ownExchanges.map(({ name }) => name)),
    };
    const ownBindings = bindings
      .map(definedBinding)
      .filter((one) => names.binding(one) === undefined && there[one.destination_type].has(one.destination));
    return {
      queues: byName(own.map(definedQueue)),
      exchanges: byName(ownExchanges.map(definedExchange)),
      bindings: sorted(ownBindings, (one) => JSON.stringify(one)),
      policies: byName(policies.map(definedPolicy)),
    };
  }
}

const definedQueue = (queue: ManagedQueue): DefinedQueue => ({
  name: queue.name,
  durable: queue.durable ?? true,
  auto_delete: queue.auto_delete ?? false,
  arguments: queue.arguments ?? {},
});

const definedExchange = (exchange: ManagedExchange): DefinedExchange => ({
  name: exchange.name,
  type: exchange.type,
  durable: exchange.durable ?? true,
  auto_delete: exchange.auto_delete ?? false,
  internal: exchange.internal ?? false,
  arguments: exchange.arguments ?? {},
});

const definedBinding = (binding: ManagedBinding): DefinedBinding => ({
  source: binding.source,
  destination: binding.destination,
  destination_type: binding.destination_type === 'exchange' ? 'exchange' : 'queue',
  routing_key: binding.routing_key,
  arguments: binding.arguments ?? {},
});

const definedPolicy = (policy: ManagedPolicy): DefinedPolicy => ({
  name: policy.name,
  pattern: policy.pattern,
  'apply-to': policy['apply-to'],
  priority: policy.priority,
  definition: policy.definition,
});
