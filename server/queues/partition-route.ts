import type { RouteFunction } from '../../celery';
import { globToRegExp } from '../../celery/protocol';
import { partitionOf } from './partition-hash';

/** Tasks that are spread over the parts of a partitioned queue. */
export interface PartitionRoute {
  /** Task name; `*` and `?` stand for anything. */
  readonly pattern: string;
  readonly queue: string;
  readonly partitions: number;
  /** Keyword argument whose value is the key. */
  readonly argument: string | undefined;
}

/** A header by which a caller gives the key itself. */
export const PARTITION_KEY_HEADER = 'partition_key';

/** `pattern=queue:partitions[:argument]`. @throws Error that says what it should be. */
export function parsePartitionRoute(item: string): PartitionRoute {
  const match = /^([^=\s]+)=([A-Za-z0-9_][A-Za-z0-9_.@/-]*):(\d{1,3})(?::([A-Za-z_]\w*))?$/.exec(item);
  const [, pattern = '', queue = '', count = '', argument] = match ?? [];
  const partitions = Number(count);
  if (match === null || partitions < 1 || partitions > 256)
    throw new Error(
      'holds a route that is not pattern=queue:partitions or pattern=queue:partitions:argument',
    );
  return { pattern, queue, partitions, argument };
}

/**
 * A task route by key: the header `partition_key`, else the keyword argument, else the task's id, which spreads evenly and keeps
 * nothing together. Tasks of one key go to one part, so one worker with one slot runs them in order.
 */
export function partitionRoute({ pattern, queue, partitions, argument }: PartitionRoute): RouteFunction {
  const matches = globToRegExp(pattern);
  return ({ name, kwargs, options }) => {
    if (!matches.test(name)) return null;
    const key = options.headers?.[PARTITION_KEY_HEADER] ?? (argument && kwargs[argument]) ?? options.taskId;
    return `${queue}.${partitionOf(String(key ?? Math.random()), partitions)}`;
  };
}

/** The queues of a route, in their order. */
export const partsOf = ({ queue, partitions }: PartitionRoute): readonly string[] =>
  Array.from({ length: partitions }, (_, index) => `${queue}.${index}`);
