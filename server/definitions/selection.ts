import { inputError } from '../errors';
import type { DefinitionNames } from './definition-names';
import type { DefinedBinding, DefinedExchange, DefinedPolicy, DefinedQueue, Definitions } from './document';

/** An item, and where it stands in the document. */
export interface Chosen<T> {
  readonly pointer: string;
  readonly item: T;
}

/** What is not taken of a document, and why. */
export interface Ignored {
  readonly pointer: string;
  readonly detail: string;
}

/** What is to be declared of a document. */
export interface Selection {
  readonly queues: readonly Chosen<DefinedQueue>[];
  readonly exchanges: readonly Chosen<DefinedExchange>[];
  readonly bindings: readonly Chosen<DefinedBinding>[];
  readonly policies: readonly Chosen<DefinedPolicy>[];
  readonly ignored: readonly Ignored[];
}

const KINDS: readonly string[] = [
  'queues',
  'exchanges',
  'bindings',
  'policies',
] satisfies (keyof Definitions)[];

/** Users, permissions and the like. Texts (`rabbit_version`) and what is empty say nothing that could be done. */
function otherMembers(document: Definitions): readonly Ignored[] {
  return Object.entries(document)
    .filter(([name, value]) => !KINDS.includes(name) && typeof value === 'object' && value !== null)
    .filter(([, value]) => Object.keys(value as object).length > 0)
    .map(([name]) => ({
      pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      detail: 'is not among what is imported here: queues, exchanges, bindings and policies',
    }));
}

/** @throws GatewayError REQUEST_INVALID where a whole broker's document would be poured into one virtual host. */
function checkOneVhost({ queues, exchanges, bindings, policies }: Definitions): void {
  const placed = [...queues, ...exchanges, ...bindings, ...policies].flatMap(({ vhost }) => vhost ?? []);
  if (new Set(placed).size < 2) return;
  throw inputError('REQUEST_INVALID', 'The document is of several virtual hosts.', [
    { pointer: 'vhost', detail: 'has to name the one whose definitions are meant' },
  ]);
}

/** @param vhost the one of the document's virtual hosts that is meant; needed where it has several. */
export function selectionOf(
  document: Definitions,
  vhost: string | undefined,
  names: Pick<DefinitionNames, 'queue' | 'exchange' | 'binding'>,
): Selection {
  if (vhost === undefined) checkOneVhost(document);
  const ignored = [...otherMembers(document)];
  const chosen = <T extends { readonly vhost?: string }>(
    kind: keyof Definitions,
    items: readonly T[],
    refusal: (item: T) => string | undefined,
  ): readonly Chosen<T>[] =>
    items.flatMap((item, index) => {
      const pointer = `/${kind}/${index}`;
      const isElsewhere = vhost !== undefined && item.vhost !== undefined && item.vhost !== vhost;
      const detail = isElsewhere ? 'is of another virtual host' : refusal(item);
      if (detail === undefined) return [{ pointer, item }];
      ignored.push({ pointer, detail });
      return [];
    });
  return {
    queues: chosen('queues', document.queues, ({ name }) => names.queue(name)),
    exchanges: chosen('exchanges', document.exchanges, ({ name }) => names.exchange(name)),
    bindings: chosen('bindings', document.bindings, (binding) => names.binding(binding)),
    policies: chosen('policies', document.policies, () => undefined),
    ignored,
  };
}
