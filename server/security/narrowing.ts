import { GatewayError, inputError } from '../errors';
import type { GatewayResponse, Handler } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import type { Permissions } from './permissions';
import { isNarrowed, type Principal } from './principal';

export interface NarrowingDeps {
  readonly permissions: Pick<Permissions, 'maySeeTask' | 'mayUseQueue'>;
}

type Judge = (principal: Principal, params: Readonly<Record<string, unknown>>) => GatewayError | undefined;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function judgeOf(route: RouteDefinition, { permissions }: NarrowingDeps): Judge {
  if (route.checksLimits === true) return () => undefined;
  if (route.path.includes('/:task_id')) {
    return (principal, { task_id: given }) => {
      const taskId = text(given);
      // 404, as for a task that never was: that it exists is already more than a stranger should learn.
      if (permissions.maySeeTask(principal, taskId)) return undefined;
      return new GatewayError('TASK_NOT_FOUND', `The task ${taskId} is not known.`);
    };
  }
  if (route.path.includes('/:queue_name')) {
    return (principal, { queue_name: given }) => {
      if (principal.queues !== undefined && permissions.mayUseQueue(principal, text(given))) return undefined;
      const errors = [{ pointer: '/queue_name', detail: 'is not among the queues of this key' }];
      return inputError('NAME_NOT_ALLOWED', 'The key may not name this.', errors);
    };
  }
  return () =>
    new GatewayError('FORBIDDEN', 'This is not open to a key limited to tasks, queues or a tenant.');
}

/**
 * Holds keys with a tenant or with limits to them, on every route: where the path names a task or a queue, by that; where
 * the route checks by itself ({@link RouteDefinition.checksLimits}), there; everywhere else they are refused. So a new
 * route is closed to them until somebody has thought about it.
 */
export function narrowing(deps: NarrowingDeps): (route: RouteDefinition) => Handler {
  return (route) => {
    const judge = judgeOf(route, deps);
    return (req, res: GatewayResponse, next): void => {
      const { principal } = res.locals;
      next(principal === undefined || !isNarrowed(principal) ? undefined : judge(principal, req.params));
    };
  };
}
