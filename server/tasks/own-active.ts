import type { ControlReplies } from '../../celery';
import type { Permissions } from '../security/permissions';
import { isNarrowed, type Principal } from '../security/principal';

function idOf(task: unknown): string | undefined {
  const { id } = (typeof task === 'object' && task !== null ? task : {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

/**
 * What a caller may see of the tasks that workers run: with a tenant, or limited to tasks or queues, its own. Workers that run
 * none of those are left out. One whose answer was not a list of tasks counts as one that did not answer, for what it says may be of others.
 */
export function ownActive(
  { replies, missing }: ControlReplies,
  caller: Principal | undefined,
  permissions: Pick<Permissions, 'maySeeTask'>,
): ControlReplies {
  if (caller === undefined || !isNarrowed(caller)) return { replies, missing };
  const own: Record<string, unknown> = {};
  const silent = [...missing];
  for (const [worker, reply] of Object.entries(replies)) {
    if (!Array.isArray(reply)) silent.push(worker);
    const tasks = (Array.isArray(reply) ? reply : []).filter((task) => {
      const id = idOf(task);
      return id !== undefined && permissions.maySeeTask(caller, id);
    });
    if (tasks.length > 0) own[worker] = tasks;
  }
  return { replies: own, missing: silent };
}
