/** What a key may be allowed to do; each route asks for one of them. */
export const SCOPES = [
  'tasks:submit',
  'tasks:read',
  'tasks:revoke',
  'workflows:submit',
  'queues:read',
  'queues:write',
  'queues:purge',
  'messages:publish',
  'workers:control',
  'dlq:replay',
  'schedules:write',
  'webhooks:manage',
  'keys:manage',
  'logs:manage',
  'audit:read',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Named sets of scopes; each may do what those before it may. */
export const ROLES = ['reader', 'submitter', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const READER: readonly Scope[] = ['tasks:read'];
const SUBMITTER: readonly Scope[] = [...READER, 'tasks:submit', 'tasks:revoke', 'workflows:submit'];

const SCOPES_OF: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  reader: new Set(READER),
  submitter: new Set(SUBMITTER),
  admin: new Set(SCOPES),
};

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

export function isScope(value: unknown): value is Scope {
  return SCOPES.some((scope) => scope === value);
}

/** What a role may do. */
export function scopesOf(role: Role): ReadonlySet<Scope> {
  return SCOPES_OF[role];
}
