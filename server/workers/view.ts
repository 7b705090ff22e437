import type { ControlReplies } from '../../celery';
import type { WorkerOutcome } from './outcomes';
import { DETAILS, type ListedWorker, type WorkerList } from './service';

/** Workers are not trusted: longer lists are cut. */
const MAX_ITEMS = 1000;

function isoTime(epochMs: number | undefined): string | null {
  if (epochMs === undefined) return null;
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function listedView({ hostname, online, seen }: ListedWorker) {
  return {
    hostname,
    online,
    last_heartbeat_at: isoTime(seen?.lastSeen),
    pid: seen?.pid ?? null,
    active_count: seen?.active ?? null,
    processed_count: seen?.processed ?? null,
    load_average: seen?.loadavg ?? null,
    software: seen?.software ?? null,
    software_version: seen?.softwareVersion ?? null,
    system: seen?.system ?? null,
  };
}

function cut(value: unknown): unknown {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS) : value;
}

export function workersView({ workers, silent }: WorkerList, online: boolean | undefined): object {
  const wanted = online === undefined ? workers : workers.filter((worker) => worker.online === online);
  return {
    workers: wanted.map((worker) => {
      const { ping: _asked, ...details } = worker.answers;
      const shown = Object.entries(details).map(([name, value]) => [name, cut(value)]);
      return { ...listedView(worker), details: Object.fromEntries(shown) };
    }),
    no_reply: silent,
  };
}

/** `{"ok": text}` and `{"clock": number}` are shown as what is in them. */
function plain(detail: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (detail === 'report' && 'ok' in value) return value.ok;
  return detail === 'clock' && 'clock' in value ? value.clock : value;
}

export function workerView(worker: ListedWorker): object {
  const { answers } = worker;
  const details = DETAILS.map((detail) => [detail, cut(plain(detail, answers[detail] ?? null))]);
  return {
    ...listedView(worker),
    ...Object.fromEntries(details),
    unanswered: DETAILS.filter((detail) => !Object.hasOwn(answers, detail)),
    truncated: DETAILS.filter((detail) => {
      const value = answers[detail];
      return Array.isArray(value) && value.length > MAX_ITEMS;
    }),
  };
}

export function outcomesView(command: string, outcomes: readonly WorkerOutcome[]): object {
  return {
    command,
    outcomes: outcomes.map(({ hostname, status, message }) => ({ worker: hostname, status, message })),
    no_reply: outcomes.filter(({ status }) => status === 'no_reply').map(({ hostname }) => hostname),
  };
}

/** `query_task` answers `{id: [state, info]}`. */
export function queriedView(taskIds: readonly string[], { replies, missing }: ControlReplies): object {
  const tasks = Object.entries(replies).flatMap(([worker, reply]) =>
    Object.entries(typeof reply === 'object' && reply !== null ? reply : {}).flatMap(([taskId, row]) => {
      if (!Array.isArray(row) || typeof row[0] !== 'string') return [];
      return [{ task_id: taskId, worker, state: row[0], info: row[1] ?? null }];
    }),
  );
  const found = new Set(tasks.map(({ task_id }) => task_id));
  return { tasks, not_found: taskIds.filter((id) => !found.has(id)), no_reply: missing };
}
