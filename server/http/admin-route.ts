/** What routes that work the broker have in common: they count against the administrators' limit, and end where the gateway drains. */
export const ADMIN = { bucket: 'admin', body: 'none', startsWork: true } as const;

/** Looks at queues and what belongs to them. */
export const READS_QUEUES = { ...ADMIN, method: 'get', scope: 'queues:read', startsWork: false } as const;

/** Declares them, from a JSON body. */
export const DECLARES_QUEUES = { ...ADMIN, method: 'post', scope: 'queues:write', body: 'json' } as const;

/** Deletes them. */
export const DELETES_QUEUES = { ...ADMIN, method: 'delete', scope: 'queues:write' } as const;
