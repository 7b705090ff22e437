/** Why a task was revoked: it waited too long, somebody took it back, or somebody ended it while it ran. */
export type RevokeReason = 'expired' | 'revoked' | 'terminated';

/**
 * A task as its submission, its events and its result describe it together. Times are epoch milliseconds; null where
 * nobody told. It is a live view: it changes as news of the task comes in.
 */
export interface TaskRecord {
  readonly taskId: string;
  readonly name: string | null;
  /**
   * `QUEUED`, `RECEIVED`, `STARTED`, `RETRY`, `SUCCESS`, `FAILURE`, `REVOKED`, `REJECTED`, or a state the task reported
   * itself.
   */
  readonly state: string;
  /** Only where {@link state} is REVOKED. */
  readonly reason: RevokeReason | null;
  readonly queue: string | null;
  readonly exchange: string | null;
  readonly routingKey: string | null;
  /** Nodename of the worker that has or had it. */
  readonly worker: string | null;
  readonly retries: number | null;
  readonly priority: number | null;
  /** When the broker took it: by the submission record, else by a `task-sent` event. */
  readonly queuedAt: number | null;
  readonly receivedAt: number | null;
  readonly startedAt: number | null;
  /** When it last asked to be retried. */
  readonly retriedAt: number | null;
  readonly doneAt: number | null;
  /** Of the latest news. */
  readonly updatedAt: number;
  /** Between being due (queued, or its ETA) and started. */
  readonly waitSeconds: number | null;
  readonly runtimeSeconds: number | null;
  /** ISO 8601, as in the message. */
  readonly eta: string | null;
  readonly expires: string | null;
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly groupId: string | null;
  /** Whose task it is, where keys belong to tenants. */
  readonly tenant: string | null;
  /** Where its end is told, sealed. */
  readonly callback?: string | null | undefined;
  /** Serialized positional and keyword arguments as far as they are held: JSON of the record, else reprs of the events. */
  readonly argumentsText: string | null;
  /** repr or JSON of the result, cut. */
  readonly resultText: string | null;
  /** The exception of the last failure, retry or revocation, cut. */
  readonly errorText: string | null;
  /** Only as long as no result has brought it. */
  readonly traceback: string | null;
  /** What the task last reported with a state of its own (`update_state`); undefined where it never did. */
  readonly progress: unknown;
  readonly stamps: Readonly<Record<string, unknown>> | null;
  readonly tags: readonly string[] | null;
  /** Somebody had its result deleted. */
  readonly forgotten: boolean;
  /** Where its full message is in the submission stream. */
  readonly recordOffset: number | null;
  /** What events alone say of its state, in Celery's words; null where there were none. */
  readonly eventState: string | null;
  /** Where its latest result is in the result stream. */
  readonly resultOffset: number | null;
  /** What the latest result alone says. */
  readonly resultState: string | null;
}

/** A task's arguments as JSON values. */
export interface TaskArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}
