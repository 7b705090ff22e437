import type { Express } from 'express';
import type { Clock, Logger } from '../../runtime';
import { createApp } from '../app';
import type { ServerConfig } from '../config';
import { accessLog } from '../http/access-log';
import type { Drain } from '../http/drain';
import { jsonBody } from '../http/json-body';
import type { RouteGuards } from '../http/mount-routes';
import type { RouteDefinition } from '../http/route';
import { ApiKeys } from '../security/api-key';
import { authentication } from '../security/authentication';
import { readKeyFile } from '../security/key-file';
import { rateLimiter } from '../security/rate-limit';

export interface ListenerDeps {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly drain: Drain;
  readonly routes: readonly RouteDefinition[];
}

function guards(config: ServerConfig, drain: Drain): RouteGuards {
  const fromFile =
    config.GATEWAY_API_KEYS_FILE === undefined ? [] : readKeyFile(config.GATEWAY_API_KEYS_FILE);
  const keys = new ApiKeys([...fromFile, ...config.GATEWAY_API_KEYS]);
  const windowSeconds = config.RATE_LIMIT_WINDOW_SECONDS;
  const limiter = (name: string, limit: number) => rateLimiter({ name, windowSeconds, limit });
  return {
    requireScope: authentication(keys, limiter('failed-auth', config.RATE_LIMIT_FAILED_AUTH)),
    limit: {
      reads: limiter('reads', config.RATE_LIMIT_REQUESTS),
      submits: limiter('submits', config.RATE_LIMIT_REQUESTS),
      admin: limiter('admin', config.RATE_LIMIT_ADMIN_REQUESTS),
    },
    jsonBody: jsonBody({
      limitBytes: config.GATEWAY_BODY_LIMIT_BYTES,
      maxDepth: config.GATEWAY_JSON_MAX_DEPTH,
    }),
    drain,
  };
}

/** The Express application with its guards. @throws ConfigError for a key file that cannot be used. */
export function createListener({ config, logger, clock, drain, routes }: ListenerDeps): Express {
  return createApp({
    routes,
    guards: guards(config, drain),
    accessLog: accessLog(config.GATEWAY_ACCESS_LOG, logger, clock),
    trustProxyHops: config.TRUST_PROXY,
    logger,
  });
}
