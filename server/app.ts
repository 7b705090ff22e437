import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from '../runtime';
import { type BrokerRoutes, brokerPaths } from './brokers';
import { GatewayError } from './errors';
import { inOneLayer } from './http/in-one-layer';
import { mountRoutes, type RouteGuards } from './http/mount-routes';
import { problemHandler } from './http/problem-handler';
import { type Handler, requestId } from './http/request-context';
import type { RouteDefinition } from './http/route';

export interface AppDeps {
  readonly routes: readonly RouteDefinition[];
  readonly guards: RouteGuards;
  /** Those of further brokers. */
  readonly brokers: readonly BrokerRoutes[];
  /** What measures requests, if anything does. */
  readonly measure: readonly Handler[];
  readonly accessLog: Handler;
  /** Reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxyHops: number;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
}

/**
 * An API answers no page: nothing may be loaded from it, framed or sniffed. There is no CORS header at all, so that no
 * other site's script can read from it.
 */
const securityHeaders = (): Handler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    // Said to browsers about pages; on an API's JSON each costs time in every answer and protects nothing.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }) as Handler;

/** The Express application, put together from routes and guards. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.trustProxyHops);
  // Flat queries only: nested ones are a way to unexpected types.
  app.set('query parser', 'simple');
  app.use(inOneLayer([requestId, ...deps.measure, deps.accessLog, securityHeaders()]));
  if (deps.brokers.length > 0) app.use(brokerPaths(deps.brokers));
  mountRoutes(app, deps.routes, deps.guards);
  app.use((_req, _res, next) => next(new GatewayError('ROUTE_NOT_FOUND', 'There is no such route.')));
  app.use(problemHandler(deps.logger));
  return app;
}
