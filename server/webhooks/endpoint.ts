/** States a task can be in that an endpoint may ask for, each with the type its events have. */
export const EVENT_TYPES = {
  QUEUED: 'task.queued',
  RECEIVED: 'task.received',
  STARTED: 'task.started',
  RETRY: 'task.retried',
  SUCCESS: 'task.succeeded',
  FAILURE: 'task.failed',
  REVOKED: 'task.revoked',
  REJECTED: 'task.rejected',
} as const;
export type EventState = keyof typeof EVENT_TYPES;
export const EVENT_STATES = Object.keys(EVENT_TYPES) as readonly EventState[];

/** A signing secret as it is kept: sealed where a key is configured. */
export interface StoredSecret {
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Signed with until then; null for the one that is in use. */
  readonly expiresAt: number | null;
}

/** Somebody who is told of tasks. */
export interface WebhookEndpoint {
  readonly url: string;
  readonly description: string;
  readonly states: readonly EventState[];
  /** Task names with `*` and `?`; empty: all. */
  readonly taskNames: readonly string[];
  /** Queues with `*` and `?`; empty: all. */
  readonly queues: readonly string[];
  /** Newest first; two at most. */
  readonly secrets: readonly StoredSecret[];
  readonly enabled: boolean;
  /** Why it was switched off; null while it is on. */
  readonly disabledReason: 'by request' | 'gone' | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function secretsOf(value: unknown): readonly StoredSecret[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (each): each is StoredSecret => typeof (each as StoredSecret | null)?.secret === 'string',
  );
}

/** @returns undefined for what is none: anyone may publish to a stream. */
export function readEndpoint(json: unknown): WebhookEndpoint | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { url, description, states, taskNames, queues, secrets, enabled, disabledReason, createdAt } =
    json as Readonly<Record<string, unknown>>;
  if (typeof url !== 'string' || typeof createdAt !== 'number' || secretsOf(secrets).length === 0)
    return undefined;
  return {
    url,
    description: typeof description === 'string' ? description : '',
    states: texts(states).filter((state): state is EventState => Object.hasOwn(EVENT_TYPES, state)),
    taskNames: texts(taskNames),
    queues: texts(queues),
    secrets: secretsOf(secrets),
    enabled: enabled === true,
    disabledReason: disabledReason === 'gone' || disabledReason === 'by request' ? disabledReason : null,
    createdAt,
  };
}
