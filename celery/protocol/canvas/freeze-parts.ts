import type { Draft } from './draft';

/** What a frozen signature gets from outside. */
export interface FreezeContext {
  /** A new task or group id. */
  readonly newId: () => string;
  /** `reply_to` of signatures that have none: where this process receives results (Celery's `thread_oid`). */
  readonly replyTo: string;
}

/** Celery's `freeze` arguments. */
export interface FreezeParts {
  readonly id?: string | null | undefined;
  readonly groupId?: string | null | undefined;
  readonly chord?: Draft | null | undefined;
  readonly rootId?: string | null | undefined;
  readonly parentId?: string | null | undefined;
  readonly groupIndex?: number | null | undefined;
}
