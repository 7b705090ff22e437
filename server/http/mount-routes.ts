import type { IRouter, Request } from 'express';
import { GatewayError } from '../errors';
import type { Drain } from './drain';
import type { Handler } from './request-context';
import { pathParameter, type RouteDefinition } from './route';

/** What stands before the handlers. */
export interface RouteGuards {
  readonly requireScope: (scope: NonNullable<RouteDefinition['scope']>) => Handler;
  /** Holds keys with a tenant or limits to them. */
  readonly narrow: (route: RouteDefinition) => Handler;
  /** The same for what a body names; undefined where it has nothing to say. */
  readonly narrowBody: (route: RouteDefinition) => Handler | undefined;
  readonly limit: Readonly<Record<Exclude<RouteDefinition['bucket'], 'none'>, Handler>>;
  readonly jsonBody: readonly Handler[];
  readonly drain: Pick<Drain, 'draining'>;
  readonly audit: {
    isAudited(route: RouteDefinition): boolean;
    watch(route: RouteDefinition): Handler;
    begin(route: RouteDefinition): Handler;
  };
  /** Whether calls that cannot be undone have to be confirmed also where their route leaves it open. */
  readonly requireConfirm: boolean;
  /** Takes secrets out of an answer. */
  readonly mask: (body: unknown) => unknown;
}

function masking(mask: RouteGuards['mask']): Handler {
  return (_req, res, next) => {
    res.locals.mask = mask;
    next();
  };
}

/** The caller repeats the name of what will be gone: a script with the wrong variable stops here. */
function confirmed(
  { parameter, always }: NonNullable<RouteDefinition['confirm']>,
  required: boolean,
): Handler {
  return (req, _res, next) => {
    const { confirm: given, ...query } = req.query;
    const right = given === (pathParameter(req as Request, parameter) || parameter);
    if (!right && (given !== undefined || always || required)) {
      next(new GatewayError('CONFIRMATION_REQUIRED', `The query confirm must be the ${parameter}.`));
      return;
    }
    // It is no part of the handlers' schemas, which refuse what they do not know. Express reads the query anew each time.
    Object.defineProperty(req, 'query', { value: query });
    next();
  };
}

/** What stands before the handler of one route, in order. */
function guardsOf(route: RouteDefinition, guards: RouteGuards, refuseWhileDraining: Handler): Handler[] {
  const handlers: Handler[] = [];
  if (route.masked ?? (route.method === 'get' && route.scope !== null)) handlers.push(masking(guards.mask));
  const audited = guards.audit.isAudited(route);
  if (audited) handlers.push(guards.audit.watch(route));
  if (route.scope !== null) handlers.push(guards.requireScope(route.scope));
  if (route.bucket !== 'none') handlers.push(guards.limit[route.bucket]);
  if (route.scope !== null) handlers.push(guards.narrow(route));
  if (route.startsWork) handlers.push(refuseWhileDraining);
  if (route.confirm !== undefined) handlers.push(confirmed(route.confirm, guards.requireConfirm));
  if (route.body === 'json') handlers.push(...guards.jsonBody);
  const narrowBody = route.body === 'json' && route.scope !== null ? guards.narrowBody(route) : undefined;
  if (narrowBody !== undefined) handlers.push(narrowBody);
  if (route.confirm !== undefined && audited) handlers.push(guards.audit.begin(route));
  return handlers;
}

/**
 * Mounts routes in the one order that is safe: audit, key, rate limit, tenant and limits, drain, confirmation, body, handler.
 * So a caller without a key never makes the gateway read a body. Other methods of a known path get 405 with `Allow`.
 */
export function mountRoutes(router: IRouter, routes: readonly RouteDefinition[], guards: RouteGuards): void {
  const refuseWhileDraining: Handler = (_req, _res, next) => {
    next(guards.drain.draining ? new GatewayError('SHUTTING_DOWN', 'The gateway is stopping.') : undefined);
  };
  const methodsOf = new Map<string, string[]>();
  for (const route of routes) {
    const { handle } = route;
    router[route.method](route.path, ...guardsOf(route, guards, refuseWhileDraining), (req, res) =>
      handle(req, res as Parameters<typeof handle>[1]),
    );
    const methods = methodsOf.get(route.path) ?? [];
    methodsOf.set(route.path, [
      ...methods,
      ...(route.method === 'get' ? ['GET', 'HEAD'] : [route.method.toUpperCase()]),
    ]);
  }
  // After all of them, so that /tasks/active is not taken for another method of /tasks/:task_id.
  for (const [path, methods] of methodsOf) {
    const allow = methods.join(', ');
    router.all(path, (_req, _res, next) => {
      next(new GatewayError('METHOD_NOT_ALLOWED', `Use ${allow}.`, { details: { allow } }));
    });
  }
}
