import type { ControlReplies } from '../../celery';
import type { BulkRevokeOutcome, RevokeOutcome } from './service';

/** Longer lists are cut; the count says how many there are. */
const MAX_IDS = 1000;
const MAX_REASON = 1024;

const NOT_REVOKED =
  'No worker acknowledged the revoke and nothing keeps it, so it has no effect: a worker that starts later does not know of it. Repeat it when workers are online.';
const KEPT_ONLY =
  'No worker acknowledged the revoke. It is kept: workers that come online until it expires are told before they take tasks.';

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reasonOf(reply: unknown): string {
  const reason = isRecord(reply) ? reply.error : reply;
  return typeof reason === 'string' ? reason.slice(0, MAX_REASON) : 'an unexpected reply';
}

/** `{"ok": "..."}` is an acknowledgement; anything else is what the worker objected. */
function answers({ replies, missing }: ControlReplies) {
  const acknowledged: string[] = [];
  const refused: { readonly worker: string; readonly reason: string }[] = [];
  for (const [worker, reply] of Object.entries(replies)) {
    if (isRecord(reply) && 'ok' in reply) acknowledged.push(worker);
    else refused.push({ worker, reason: reasonOf(reply) });
  }
  return { acknowledged, refused, no_reply: missing };
}

function outcomeView({ replies, heldUntil }: RevokeOutcome, done: boolean): object {
  const answered = answers(replies);
  const tombstone = heldUntil === null ? null : { expires_at: new Date(heldUntil).toISOString() };
  const view = { ...answered, tombstone };
  if (!done || answered.acknowledged.length > 0) return view;
  return { ...view, detail: heldUntil === null ? NOT_REVOKED : KEPT_ONLY };
}

export function revokeView(taskId: string, outcome: RevokeOutcome): object {
  return { task_id: taskId, ...outcomeView(outcome, true) };
}

export function bulkRevokeView(outcome: BulkRevokeOutcome): object {
  const { dryRun, taskIds } = outcome;
  const done = !dryRun && taskIds?.length !== 0;
  return {
    dry_run: dryRun,
    count: taskIds?.length ?? null,
    task_ids: taskIds?.slice(0, MAX_IDS) ?? [],
    truncated: (taskIds?.length ?? 0) > MAX_IDS,
    ...outcomeView(outcome, done),
  };
}
