import { Router } from 'express';
import { mountRoutes, type RouteGuards } from '../http/mount-routes';
import type { GatewayResponse, Handler } from '../http/request-context';
import type { RouteDefinition } from '../http/route';

/** What the routes of one further broker are mounted with. */
export interface BrokerRoutes {
  readonly name: string;
  /** As they are for the default broker. */
  readonly routes: readonly RouteDefinition[];
  readonly guards: RouteGuards;
}

/** Where the routes of a further broker are. */
export const brokerPath = (name: string): string => `/brokers/${name}`;

const PATH = /^\/brokers\/([^/?]+)\//;

/**
 * The routes of further brokers, each below its own path. One look at the path for all other requests; and for these none at
 * the many routes of the others.
 */
export function brokerPaths(brokers: readonly BrokerRoutes[]): Handler {
  const routers = new Map(
    brokers.map(({ name, routes, guards }) => {
      const router = Router();
      mountRoutes(router, routes.map(below(brokerPath(name))), guards);
      return [name, router] as const;
    }),
  );
  return (req, res, next) => {
    const name = PATH.exec(req.url)?.[1];
    const router = name === undefined ? undefined : routers.get(name);
    if (name === undefined || router === undefined) {
      next();
      return;
    }
    locateBelow(brokerPath(name), res);
    router(req, res, next);
  };
}

/** Logs, metrics and the audit log name the route as it is asked for. */
const below =
  (prefix: string) =>
  (route: RouteDefinition): RouteDefinition => ({ ...route, path: prefix + route.path });

/** Handlers know their routes without the broker's path: what they say is at a `Location` is below it. */
function locateBelow(prefix: string, res: GatewayResponse): void {
  const { setHeader } = res;
  res.setHeader = (name, value) => {
    const isHere = name === 'Location' && typeof value === 'string' && value.startsWith('/rabbitmq/');
    return setHeader.call(res, name, isHere ? prefix + value : value) as GatewayResponse;
  };
}
