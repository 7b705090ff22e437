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
  // Of a body that is read as it comes nobody knows beforehand what it names.
  if (route.path.includes('/:queue_name') && route.body !== 'stream') {
    return (principal, { queue_name: given }) => {
      if (principal.queues !== undefined && permissions.mayUseQueue(principal, text(given))) return undefined;
      const errors = [{ pointer: '/queue_name', detail: 'is not among the queues of this key' }];
      return inputError('NAME_NOT_ALLOWED', 'The key may not name this.', errors);
    };
  }
  return () =>
    new GatewayError('FORBIDDEN', 'This is not open to a key limited to tasks, queues or a tenant.');
}

/** The queues and exchanges that a body names, at any depth. */
function* targetsIn(
  body: unknown,
  depth = 0,
): Generator<readonly [kind: 'queue' | 'exchange', name: string]> {
  if (typeof body !== 'object' || body === null || depth > MAX_DEPTH) return;
  for (const [member, value] of Object.entries(body)) {
    if (typeof value !== 'string') yield* targetsIn(value, depth + 1);
    else if (QUEUE_MEMBER.test(member)) yield ['queue', value];
    else if (member === 'exchange' && value !== '') yield ['exchange', value];
  }
}
const QUEUE_MEMBER = /^(queue|queue_name|destination|dead_letter_queue)$/;
/** As deep as a body may be at all. */
const MAX_DEPTH = 200;

/**
 * Where a path names a queue its body may name others: where messages are moved or copied to. A key that is limited to queues
 * is held to them there too.
 */
export function bodyNarrowing({
  permissions,
}: NarrowingDeps): (route: RouteDefinition) => Handler | undefined {
  return (route) => {
    if (route.checksLimits === true || !route.path.includes('/:queue_name')) return undefined;
    return (req, res: GatewayResponse, next): void => {
      const { principal } = res.locals;
      if (principal?.queues === undefined) {
        next();
        return;
      }
      for (const [kind, name] of targetsIn(req.body)) {
        if (kind === 'queue' && permissions.mayUseQueue(principal, name)) continue;
        const errors = [{ pointer: '', detail: `names a ${kind} that is not open to this key` }];
        next(inputError('NAME_NOT_ALLOWED', 'The key may not name this.', errors));
        return;
      }
      next();
    };
  };
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
