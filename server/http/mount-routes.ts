import type { IRouter } from 'express';
import { GatewayError } from '../errors';
import type { Drain } from './drain';
import type { Handler } from './request-context';
import type { RouteDefinition } from './route';

/** What stands before the handlers. */
export interface RouteGuards {
  readonly requireScope: (scope: NonNullable<RouteDefinition['scope']>) => Handler;
  /** Holds keys with a tenant or limits to them. */
  readonly narrow: (route: RouteDefinition) => Handler;
  readonly limit: Readonly<Record<Exclude<RouteDefinition['bucket'], 'none'>, Handler>>;
  readonly jsonBody: readonly Handler[];
  readonly drain: Pick<Drain, 'draining'>;
}

/**
 * Mounts routes in the one order that is safe: key, rate limit, tenant and limits, drain, body, handler. So a caller without a key never
 * makes the gateway read a body. Other methods of a known path get 405 with `Allow`.
 */
export function mountRoutes(router: IRouter, routes: readonly RouteDefinition[], guards: RouteGuards): void {
  const refuseWhileDraining: Handler = (_req, _res, next) => {
    next(guards.drain.draining ? new GatewayError('SHUTTING_DOWN', 'The gateway is stopping.') : undefined);
  };
  const methodsOf = new Map<string, string[]>();
  for (const route of routes) {
    const handlers: Handler[] = [];
    if (route.scope !== null) handlers.push(guards.requireScope(route.scope));
    if (route.bucket !== 'none') handlers.push(guards.limit[route.bucket]);
    if (route.scope !== null) handlers.push(guards.narrow(route));
    if (route.startsWork) handlers.push(refuseWhileDraining);
    if (route.body === 'json') handlers.push(...guards.jsonBody);
    const { handle } = route;
    router[route.method](route.path, ...handlers, (req, res) =>
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
