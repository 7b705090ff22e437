import { inputError } from '../errors';
import { filterOf, type MessageFilter, selectionOf, targetOf } from '../queue-contents';
import type { ExportQuery, ReplayBody, SetupBody } from './schema';
import type { ReplayCommand } from './service';
import type { SetupCommand } from './setup-service';

export function setupCommand(body: SetupBody): SetupCommand {
  return {
    queue: body.queue_name,
    by: body.by,
    exchange: body.exchange,
    deadLetterQueue: body.dead_letter_queue,
    deliveryLimit: body.delivery_limit,
    type: body.type,
    retryDelaysMs: body.retry_delays_seconds.map((seconds) => Math.round(seconds * 1000)),
    keep: {
      ms: body.keep_seconds === undefined ? undefined : body.keep_seconds * 1000,
      maxLength: body.max_length,
    },
  };
}

/** @throws GatewayError REQUEST_INVALID for an edit of more than one letter. */
export function replayCommand(queue: string, body: ReplayBody): ReplayCommand {
  if (body.edit !== undefined && body.filter.ids?.length !== 1) {
    throw inputError('REQUEST_INVALID', 'One letter at a time can be edited.', [
      { pointer: '/filter/ids', detail: 'must hold one id' },
    ]);
  }
  return {
    ...selectionOf(body),
    queue,
    to: body.to === undefined ? undefined : targetOf(body.to),
    maxReplays: body.max_replays,
    resetRetries: body.reset_retries,
    force: body.force,
    edit: body.edit,
  };
}

export function queryFilter(query: ExportQuery): MessageFilter {
  const { task, reason, origin_queue, older_than_seconds } = query;
  return filterOf({
    ...(task === undefined ? {} : { task }),
    ...(reason === undefined ? {} : { reason }),
    ...(origin_queue === undefined ? {} : { origin_queue }),
    ...(older_than_seconds === undefined ? {} : { older_than_seconds }),
  });
}
