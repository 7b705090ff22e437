import type { Express } from 'express';
import type { Clock, Logger } from '../../runtime';
import { createApp } from '../app';
import { type AuditLog, AuditTrail, isAudited } from '../audit';
import { onlyKeys } from '../brokers';
import type { ServerConfig } from '../config';
import { accessLog } from '../http/access-log';
import type { Drain } from '../http/drain';
import { inOneLayer } from '../http/in-one-layer';
import { jsonBody } from '../http/json-body';
import type { RouteGuards } from '../http/mount-routes';
import type { Handler } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { authentication } from '../security/authentication';
import { Masker } from '../security/masker';
import { bodyNarrowing, narrowing } from '../security/narrowing';
import type { Access } from './access';
import type { FurtherGateway } from './further-broker';
import type { RateLimits } from './rate-limits';

export interface ListenerDeps {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly drain: Drain;
  readonly routes: readonly RouteDefinition[];
  readonly access: Pick<Access, 'verifier' | 'permissions'>;
  readonly audit: Pick<AuditLog, 'record' | 'available'>;
  readonly limits: RateLimits;
  /** The other brokers of this gateway. */
  readonly further?: readonly FurtherGateway[];
  /** Sees each request before all else. */
  readonly measure: readonly Handler[];
}

function guards({ config, clock, drain, access, audit, limits }: ListenerDeps): RouteGuards {
  const masker = new Masker({
    fields: config.GATEWAY_MASK_FIELDS,
    patterns: config.GATEWAY_MASK_PATTERNS,
    results: config.GATEWAY_MASK_RESULTS,
  });
  const trail = new AuditTrail({ log: audit, clock });
  return {
    requireScope: authentication(access.verifier, limits.failedAuth),
    narrow: narrowing({ permissions: access.permissions }),
    narrowBody: bodyNarrowing({ permissions: access.permissions }),
    limit: limits,
    jsonBody: jsonBody({
      limitBytes: config.GATEWAY_BODY_LIMIT_BYTES,
      maxDepth: config.GATEWAY_JSON_MAX_DEPTH,
    }),
    drain,
    audit: { isAudited, watch: (route) => trail.watch(route), begin: (route) => trail.begin(route) },
    mask: (body) => masker.value(body),
    requireConfirm: config.GATEWAY_REQUIRE_CONFIRM,
  };
}

/** The same, with the record of the broker's own tasks; and only for its keys. */
function furtherGuards(deps: ListenerDeps, { access, mayUse }: FurtherGateway): RouteGuards {
  const own = guards({ ...deps, access });
  const allowed = onlyKeys(mayUse);
  return { ...own, requireScope: (scope) => inOneLayer([own.requireScope(scope), allowed]) };
}

/** The Express application with its guards. */
export function createListener(deps: ListenerDeps): Express {
  const { config, logger, clock, routes } = deps;
  return createApp({
    routes,
    guards: guards(deps),
    brokers: (deps.further ?? []).map((further) => ({
      name: further.name,
      routes: further.routes,
      guards: furtherGuards(deps, further),
    })),
    measure: deps.measure,
    accessLog: accessLog(config.GATEWAY_ACCESS_LOG, logger, clock),
    trustProxyHops: config.TRUST_PROXY,
    logger,
  });
}
