import {
  type Clock,
  type LevelledLogger,
  type LifecyclePart,
  type Logger,
  LogLevelSwitch,
  openTracing,
} from '../../runtime';
import type { FurtherBroker, ServerConfig } from '../config';
import { Drain } from '../http/drain';
import { HttpServer, type HttpServerOptions } from '../http/http-server';
import { requestSpans } from '../http/request-spans';
import type { RouteDefinition } from '../http/route';
import { type MessagingService, NamePolicy, NoOpMessagingService } from '../messaging';
import { httpMetrics, MetricsRegistry } from '../metrics';
import { createAccess } from './access';
import { createAuditLog } from './audit';
import { createTaskSchemas } from './catalogue';
import { createFeatures } from './features';
import { createFurtherBroker } from './further-broker';
import { certificateRenewal, serverCertificate } from './https';
import { createIdempotency } from './idempotency';
import { createListener } from './listener';
import { type BrokerParts, createRabbitMQMessaging, type RabbitMQServiceOptions } from './messaging';
import { ownStreams } from './own-streams';
import { createRateLimits } from './rate-limits';

export { openKeyStorage } from './key-storage';

export interface Gateway {
  /** Started in this order, stopped in the reverse one: HTTP first, so that requests in flight keep their broker. */
  readonly parts: readonly LifecyclePart[];
  readonly http: HttpServer;
  readonly messaging: MessagingService;
  /** The Express application that `http` serves. */
  readonly listener: ReturnType<typeof createListener>;
}

export interface GatewayDeps {
  readonly config: ServerConfig;
  readonly logger: Logger & LevelledLogger;
  /** Shared with the signal; made here when absent. */
  readonly levels?: LogLevelSwitch;
  readonly clock: Clock;
  /** Further brokers it serves. */
  readonly brokers?: readonly FurtherBroker[];
}

/** A gateway without its socket. */
export interface GatewayCore extends Pick<Gateway, 'parts' | 'messaging' | 'listener'> {
  readonly routes: readonly RouteDefinition[];
  readonly drain: Drain;
}

/** Share of the stop deadline that HTTP may use; the rest is for confirms and closing the connections. */
const HTTP_SHARE = 0.7;

function messagingOf(deps: RabbitMQServiceOptions): {
  service: MessagingService;
  broker: BrokerParts | undefined;
} {
  if (deps.config.RABBITMQ_ENABLED) return createRabbitMQMessaging(deps);
  return { service: new NoOpMessagingService(), broker: undefined };
}

/**
 * All of the gateway but the listening socket.
 * @param given messaging in place of the configured one, for tests of what stands before it.
 * @throws ConfigError for what only shows when files are opened.
 */
export function createGatewayCore(deps: GatewayDeps, given?: MessagingService): GatewayCore {
  const { config, logger, clock } = deps;
  const drain = new Drain();
  const tracing = openTracing();
  if (tracing !== undefined) logger.info('OpenTelemetry has an SDK: spans are made');
  const { service: messaging, broker } =
    given === undefined
      ? messagingOf({ config, logger, clock, tracing })
      : { service: given, broker: undefined };
  const names = new NamePolicy(config.GATEWAY_ALLOWED_QUEUES, ownStreams(config));
  const access = createAccess({ config, logger, clock, broker });
  const audit = createAuditLog({ config, logger, broker });
  const limits = createRateLimits(config, logger);
  const idempotency = createIdempotency({ config, logger, clock, broker });
  const metrics = new MetricsRegistry();
  const levels = deps.levels ?? new LogLevelSwitch({ logger, configured: config.LOG_LEVEL, clock });
  const shared = { logger, clock, levels, drain, audit, access, tracing };
  const further = (deps.brokers ?? []).map((one) => createFurtherBroker(one, shared));
  const features = createFeatures({
    config,
    logger,
    levels,
    clock,
    drain,
    names,
    messaging,
    broker,
    access,
    audit,
    idempotency,
    schemas: createTaskSchemas(config, logger),
    metrics,
    further,
  });
  const routes = features.flatMap((feature) => feature.routes);
  const measure = [
    ...(tracing === undefined ? [] : [requestSpans(tracing)]),
    ...(config.METRICS_ENABLED ? [httpMetrics(metrics)] : []),
  ];
  return {
    parts: [
      ...access.parts,
      ...limits.parts,
      part('messaging', messaging),
      part('audit log', audit),
      ...idempotency.parts,
      ...features.flatMap((feature) => feature.parts ?? []),
      ...further.flatMap(({ parts }) => parts),
    ],
    messaging,
    routes,
    listener: createListener({
      config,
      logger,
      clock,
      drain,
      routes,
      further,
      access,
      audit,
      limits,
      measure,
    }),
    drain,
  };
}

/**
 * Puts the gateway together, by hand. Nothing is started.
 * @throws ConfigError for what only shows when files are opened.
 */
export function createGateway(deps: GatewayDeps): Gateway {
  const { parts, messaging, listener, drain } = createGatewayCore(deps);
  const { config, logger } = deps;
  const certificate = serverCertificate(config);
  const http = new HttpServer({ listener, drain, certificate, logger, options: httpOptions(config) });
  return {
    parts: [...parts, ...certificateRenewal(config, http, logger), part('http', http)],
    http,
    messaging,
    listener,
  };
}

function httpOptions(config: ServerConfig): HttpServerOptions {
  return {
    host: config.GATEWAY_HOST,
    port: config.GATEWAY_PORT,
    headersTimeoutMs: config.GATEWAY_HEADERS_TIMEOUT_MS,
    requestTimeoutMs: config.GATEWAY_REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: config.GATEWAY_KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckIntervalMs: config.GATEWAY_CONNECTIONS_CHECK_INTERVAL_MS,
    maxHeaderBytes: config.GATEWAY_MAX_HEADER_BYTES,
    maxConnections: config.GATEWAY_MAX_CONNECTIONS,
    drainDelayMs: config.GATEWAY_DRAIN_DELAY_MS,
    finishMs: Math.max(0, (config.GATEWAY_STOP_DEADLINE_MS - config.GATEWAY_DRAIN_DELAY_MS) * HTTP_SHARE),
  };
}

function part(name: string, lifecycle: { start(): Promise<void>; stop(): Promise<void> }): LifecyclePart {
  return { name, start: () => lifecycle.start(), stop: () => lifecycle.stop() };
}
