import type { Answer, Reply } from './question';

/** Both sides make ids and list stamps' names in an order of their own: ids are renamed by appearance, names sorted. */
class Normalising {
  readonly #ids = new Map<string, string>();

  value(value: unknown): unknown {
    // Ours has lists where Python has tuples, or lists once it came from JSON; only a repr tells.
    if (typeof value === 'string' && value.includes("'subtask_type'")) return 'repr of a signature';
    if (typeof value === 'string') return value.replace(/\bid-\d+/g, (id) => this.#id(id));
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, this.value(this.#field(key, item))]));
  }

  #field(key: string, value: unknown): unknown {
    if (key === 'stamped_headers' && Array.isArray(value)) return value.toSorted();
    if (key === 'argsrepr') return String(value).replace(/^[[(]|,?[\])]$/g, '');
    return value;
  }

  #id(id: string): string {
    const known = this.#ids.get(id) ?? `#${this.#ids.size + 1}`;
    this.#ids.set(id, known);
    return known;
  }
}

interface Entry {
  readonly kind: string;
  readonly groupId: string;
}

const isSize = ({ kind }: Entry): boolean => kind === 'chord-size';

/** Celery tells a chord's size before the header's last task, we before the first: when is no part of the answer. */
const sizesApart = ({ log, ...answer }: Partial<Answer>): Readonly<Record<string, unknown>> => {
  if (log === undefined) return answer;
  const entries = log as readonly Entry[];
  return { ...answer, log: entries.filter((entry) => !isSize(entry)), sizes: entries.filter(isSize) };
};

/** A reply to be compared with the other side's. Which error it was is each side's own. */
export const comparable = (reply: Reply): unknown => {
  if ('error' in reply) return { error: true };
  const { json, ...answer } = reply.ok;
  const exact = json.includes('stamped_headers') ? {} : { json };
  const plain = JSON.parse(JSON.stringify(sizesApart(answer)));
  const { sizes = [], ...same } = new Normalising().value(plain) as { readonly sizes?: readonly Entry[] };
  const sorted = sizes.toSorted((left, right) => left.groupId.localeCompare(right.groupId));
  return { ...same, sizes: sorted, ...exact };
};
