import type { Topology } from '../../amqp';
import type { BindingService } from '../bindings';
import type { ExchangeService } from '../exchanges';
import type { ManagementClient } from '../messaging';
import type { PolicyService } from '../policies';
import { declarationOf, type QueueService } from '../queues';
import { checkEnds } from './binding-ends';
import { bindingOf, declareCommandOf, exchangeDeclarationOf } from './commands';
import type { DefinitionNames } from './definition-names';
import { compareExchange, compareQueue } from './differences';
import { type Counts, type Definitions, type Kind, noCounts } from './document';
import { existing } from './existing';
import { type ItemProblem, itemProblems } from './item-problem';
import { type Chosen, type Ignored, selectionOf } from './selection';

export interface ImportServiceDeps {
  readonly queues: Pick<QueueService, 'declare'>;
  readonly exchanges: Pick<ExchangeService, 'declare'>;
  readonly bindings: Pick<BindingService, 'bind'>;
  readonly policies: Pick<PolicyService, 'check' | 'put'>;
  readonly topology: Pick<Topology, 'queueStatus' | 'exchangeExists'>;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'queue' | 'exchange' | 'bindings' | 'policies'> | undefined;
  readonly names: Pick<DefinitionNames, 'queue' | 'exchange' | 'binding'>;
}

export interface ImportCommand {
  readonly definitions: Definitions;
  /** The one of the document's virtual hosts that is meant. */
  readonly vhost: string | undefined;
  /** Nothing is changed, only told. */
  readonly dryRun: boolean;
}

export interface Imported {
  readonly dryRun: boolean;
  /** New ones. */
  readonly declared: Counts;
  /** Those that were there: the same, or replaced where they are policies. */
  readonly existing: Counts;
  readonly ignored: readonly Ignored[];
  readonly problems: readonly ItemProblem[];
}

/** How items of a kind are declared, and what can be told of them without. */
interface Step<T> {
  readonly isThere: (item: T) => Promise<boolean>;
  readonly declare: (item: T) => Promise<unknown>;
  /** Throws what the declare would, as far as it is known. */
  readonly check: (item: T, isThere: boolean) => Promise<void>;
}

/** Declares wait for each other; what is waited for after them, as of quorum queues, is waited for together. */
const AT_ONCE = 20;

/** Declares what a document defines, through what the single routes use. Merges: nothing is deleted. */
export class ImportService {
  constructor(private readonly deps: ImportServiceDeps) {}

  /**
   * What one item is refused for is a problem of that item; the others are declared.
   *
   * @throws GatewayError REQUEST_INVALID for a document of several virtual hosts. Whatever the whole broker fails with: the same
   * call may then be repeated.
   */
  async import({ definitions, vhost, dryRun }: ImportCommand): Promise<Imported> {
    const { queues, exchanges, bindings, policies, topology, management } = this.deps;
    const selection = selectionOf(definitions, vhost, this.deps.names);
    const there = existing(this.deps);
    const outcome = { declared: noCounts(), existing: noCounts(), problems: [] as ItemProblem[] };

    const run = async <T>(kind: Kind, chosen: readonly Chosen<T>[], step: Step<T>): Promise<void> => {
      const one = async ({ pointer, item }: Chosen<T>): Promise<'declared' | 'existing' | ItemProblem[]> => {
        try {
          const isThere = await step.isThere(item);
          await (dryRun ? step.check(item, isThere) : step.declare(item));
          return isThere ? 'existing' : 'declared';
        } catch (error) {
          return [...itemProblems(error, pointer)];
        }
      };
      for (let at = 0; at < chosen.length; at += AT_ONCE)
        for (const end of await Promise.all(chosen.slice(at, at + AT_ONCE).map(one))) {
          if (typeof end === 'string') outcome[end][kind] += 1;
          else outcome.problems.push(...end);
        }
    };

    await run('exchanges', selection.exchanges, {
      isThere: there.exchange,
      declare: (exchange) => exchanges.declare(exchangeDeclarationOf(exchange)),
      check: async (exchange, isThere) => {
        if (isThere) await compareExchange(management, exchange);
      },
    });
    await run('queues', selection.queues, {
      isThere: there.queue,
      declare: (queue) => queues.declare(declareCommandOf(queue)),
      check: async (queue, isThere) => {
        declarationOf(declareCommandOf(queue));
        if (isThere) await compareQueue(management, queue);
      },
    });
    await run('bindings', selection.bindings, {
      isThere: there.binding,
      declare: (binding) => bindings.bind(bindingOf(binding)),
      check: (binding) => checkEnds(binding, selection, topology),
    });
    await run('policies', selection.policies, {
      isThere: there.policy,
      declare: ({ name, pattern, 'apply-to': applyTo, priority, definition }) =>
        policies.put(name, { pattern, 'apply-to': applyTo, priority, definition }),
      check: async ({ pattern }) => void policies.check(pattern),
    });
    return { dryRun, ignored: selection.ignored, ...outcome };
  }
}
