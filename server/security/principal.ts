import { GlobSet } from './glob-set';
import { type Role, type Scope, scopesOf } from './scopes';

/** Who calls, and what they may do: all that is left of a key once it has been verified. */
export interface Principal {
  /** Of the key; `jwt:<subject>` for a token. */
  readonly id: string;
  /** Undefined where scopes were given one by one. */
  readonly role: Role | undefined;
  readonly scopes: ReadonlySet<Scope>;
  /** Sees and touches the tasks of this tenant only. Undefined: the tasks of all. */
  readonly tenant: string | undefined;
  /** Task names it is limited to; undefined: all. */
  readonly tasks: GlobSet | undefined;
  /** Queues it is limited to; undefined: all. */
  readonly queues: GlobSet | undefined;
}

/** What a principal is made from: the fields of a stored key, or the claims of a token. */
export interface Grants {
  readonly id: string;
  readonly role?: Role | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  readonly tenant?: string | undefined;
  readonly tasks?: readonly string[] | undefined;
  readonly queues?: readonly string[] | undefined;
}

const globSet = (globs: readonly string[] | undefined): GlobSet | undefined =>
  globs === undefined ? undefined : new GlobSet(globs);

/** Scopes given one by one add to those of the role. */
export function principalOf({ id, role, scopes = [], tenant, tasks, queues }: Grants): Principal {
  return Object.freeze({
    id,
    role,
    scopes: new Set([...(role === undefined ? [] : scopesOf(role)), ...scopes]),
    tenant,
    tasks: globSet(tasks),
    queues: globSet(queues),
  });
}

/** Whether a scope alone does not say what the caller may do: then names and owners are looked at too. */
export function isNarrowed({ tenant, tasks, queues }: Principal): boolean {
  return tenant !== undefined || tasks !== undefined || queues !== undefined;
}
