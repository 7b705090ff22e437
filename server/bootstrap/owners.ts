import type { PermissionsOptions } from '../security/permissions';
import type { BrokerParts } from './messaging';

/**
 * Who submitted a task, by the submission record. A task that another one sent (a step of a chain, a task of a task) has no
 * record; it belongs to whoever submitted the first task of its tree, which its events name.
 */
export function ownersOf(
  broker: Pick<BrokerParts, 'records' | 'history'> | undefined,
): PermissionsOptions['ownerOf'] {
  return (taskId) => {
    const own = broker?.records?.get(taskId);
    if (own !== undefined) return own;
    const seen = broker?.history.get(taskId);
    const root = seen?.rootId ? broker?.records?.get(seen.rootId) : undefined;
    return root === undefined
      ? undefined
      : { tenant: root.tenant, task: seen?.name ?? root.task, queue: null };
  };
}
