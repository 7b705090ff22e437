import type { Topology } from '../../amqp';
import type { ManagedBinding, ManagedPolicy, ManagementClient } from '../messaging';
import type { DefinedBinding, DefinedExchange, DefinedPolicy, DefinedQueue } from './document';

export interface ExistingDeps {
  readonly topology: Pick<Topology, 'queueStatus' | 'exchangeExists'>;
  /** Undefined without the management API: then no binding and no policy is known. */
  readonly management: Pick<ManagementClient, 'bindings' | 'policies'> | undefined;
}

/** The listing once, however many ask; it only adds to what is told, so its failures are nobody's. */
function once<T>(ask: (() => Promise<readonly T[]>) | undefined, keyOf: (item: T) => string) {
  let keys: Promise<ReadonlySet<string>> | undefined;
  return async (item: T): Promise<boolean> => {
    keys ??= (ask?.() ?? Promise.resolve([])).catch(() => []).then((all) => new Set(all.map(keyOf)));
    return (await keys).has(keyOf(item));
  };
}

const bindingKey = (binding: ManagedBinding): string =>
  JSON.stringify([
    binding.source,
    binding.destination_type,
    binding.destination,
    binding.routing_key,
    Object.entries(binding.arguments ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);

/** What of a document is there already, as it was when first asked for. */
export interface Existing {
  queue(queue: DefinedQueue): Promise<boolean>;
  exchange(exchange: DefinedExchange): Promise<boolean>;
  binding(binding: DefinedBinding): Promise<boolean>;
  policy(policy: DefinedPolicy): Promise<boolean>;
}

/** What is there at the time of one import. */
export function existing({ topology, management }: ExistingDeps): Existing {
  return {
    queue: async ({ name }) => (await topology.queueStatus(name)) !== null,
    exchange: ({ name }) => topology.exchangeExists(name),
    binding: once<ManagedBinding>(management && (() => management.bindings()), bindingKey),
    policy: once<Pick<ManagedPolicy, 'name'>>(
      management && (() => management.policies()),
      ({ name }) => name,
    ),
  };
}
