/** What is remembered of a paused queue. */
export interface QueuePause {
  /** `resuming`: not paused any more, but some workers could not be told yet. */
  readonly state: 'paused' | 'resuming';
  /** Epoch milliseconds of the last change of state. */
  readonly since: number;
  /** Key that asked for it. */
  readonly by: string | null;
  /** Workers that consumed the queue and were, or are to be, told; while resuming, those still to be told. */
  readonly workers: readonly string[];
}

/** @returns undefined for what is none: anyone may publish to a stream. */
export function readQueuePause(json: unknown): QueuePause | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { state, since, by, workers } = json as Readonly<Record<string, unknown>>;
  if ((state !== 'paused' && state !== 'resuming') || typeof since !== 'number') return undefined;
  if (!Array.isArray(workers)) return undefined;
  return {
    state,
    since,
    by: typeof by === 'string' ? by : null,
    workers: workers.filter((each): each is string => typeof each === 'string'),
  };
}

/** Whether a worker's answer to `active_queues` names the queue. */
export function consumes(reply: unknown, queue: string): boolean {
  return Array.isArray(reply) && reply.some((each: unknown) => nameOf(each) === queue);
}

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
}
