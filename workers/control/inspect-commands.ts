import type { ControlCommand } from '../../celery/control';
import { formatIsoTime } from '../../celery/protocol';
import { ANY_OTHER, boundCommand, optional } from './bound-command';
import { queueInfo } from './queue-info';
import { registeredTasks } from './registered-tasks';
import { taskInfo } from './task-info';
import { workerStats } from './worker-stats';
import type { WorkerView } from './worker-view';

/** Commands that only look (celery/worker/control.py `inspect_command`), with their older names. */
export const inspectCommands = (worker: WorkerView): Readonly<Record<string, ControlCommand>> => {
  const { nodename } = worker;
  const active: ControlCommand = (args) =>
    worker.active().map((run) => taskInfo(run, nodename, args.safe === true));
  const reserved: ControlCommand = () => worker.reserved().map((run) => taskInfo(run, nodename));
  const scheduled: ControlCommand = () =>
    worker.scheduled().map(({ task, until }) => ({
      eta: formatIsoTime(until),
      priority: 6,
      request: taskInfo(task, nodename),
    }));
  const revoked: ControlCommand = () => worker.revoked.list();
  const registered: ControlCommand = (args) => registeredTasks(worker.registry, args);
  const conf: ControlCommand = (args) => worker.settings(args.with_defaults === true);
  return {
    ping: () => ({ ok: 'pong' }),
    clock: () => ({ clock: worker.clock.value }),
    stats: () => workerStats(worker),
    active,
    dump_active: active,
    reserved,
    dump_reserved: reserved,
    scheduled,
    dump_schedule: scheduled,
    revoked,
    dump_revoked: revoked,
    registered,
    dump_tasks: registered,
    conf,
    dump_conf: conf,
    ...boundCommand('query_task', ['ids', ANY_OTHER], ({ ids }) => queryTask(worker, ids)),
    ...boundCommand('active_queues', [], () => worker.queues.map(queueInfo)),
    ...boundCommand('hello', ['from_node', optional('revoked'), ANY_OTHER], (args) => hello(worker, args)),
  };
};

function queryTask(worker: WorkerView, ids: unknown): object {
  const wanted = new Set(Array.isArray(ids) ? ids : [ids]);
  const rows = (state: string, runs: ReturnType<WorkerView['active']>): [string, unknown][] =>
    runs.filter((run) => wanted.has(run.id)).map((run) => [run.id, [state, taskInfo(run, worker.nodename)]]);
  const scheduled = worker.scheduled().map(({ task }) => task);
  return Object.fromEntries([
    ...rows('scheduled', scheduled),
    ...rows('reserved', worker.reserved()),
    ...rows('active', worker.active()),
  ]);
}

/** Mingle: another worker starts and asks what it missed. A plain list of ids is read by every Celery version. */
function hello(worker: WorkerView, { from_node, revoked }: Readonly<Record<string, unknown>>): object | null {
  if (from_node === worker.nodename) return null;
  worker.revoked.add(revokedIds(revoked));
  return { revoked: worker.revoked.list(), clock: worker.clock.forward() };
}

/** The ids of a `revoked` of mingle: a list, or an object by id in older versions (contract 7). */
export function revokedIds(revoked: unknown): readonly string[] {
  if (Array.isArray(revoked)) return revoked.filter((id): id is string => typeof id === 'string');
  return typeof revoked === 'object' && revoked !== null ? Object.keys(revoked) : [];
}
