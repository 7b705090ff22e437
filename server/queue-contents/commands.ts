import type { MessageFilter } from './message-filter';
import type { FilterBody, SelectionBody, TargetBody, TransferBody } from './schema';
import type { Selection, Target, TransferCommand } from './service';

/** A filter in the service's terms. */
export function filterOf(body: FilterBody): MessageFilter {
  return {
    ids: body.ids,
    task: body.task,
    olderThanSeconds: body.older_than_seconds,
    routingKey: body.routing_key,
    type: body.type,
    headers: body.headers,
    contains: body.contains,
    reason: body.reason,
    originQueue: body.origin_queue,
  };
}

export function selectionOf(body: SelectionBody): Selection {
  return { filter: filterOf(body.filter), limit: body.limit, ratePerSecond: body.rate, dryRun: body.dry_run };
}

export function targetOf(to: TargetBody): Target {
  if (to.queue_name !== undefined) return { exchange: '', routingKey: to.queue_name };
  return { exchange: to.exchange ?? '', routingKey: to.routing_key ?? '' };
}

export function transferOf(queue: string, mode: 'move' | 'copy', body: TransferBody): TransferCommand {
  return { ...selectionOf(body), queue, mode, to: targetOf(body.to), force: body.force };
}
