import type { Clock, LifecyclePart, Logger } from '../runtime';
import { createApp } from './app';
import { createRabbitMQService } from './bootstrap-messaging';
import type { ServerConfig } from './config';
import { HealthService, healthRoutes } from './health';
import { accessLog } from './http/access-log';
import { Drain } from './http/drain';
import { HttpServer } from './http/http-server';
import { jsonBody } from './http/json-body';
import { MessageService, messageRoutes } from './messages';
import { type MessagingService, NamePolicy, NoOpMessagingService } from './messaging';
import { QueueService, queueRoutes } from './queues';
import { ApiKeys } from './security/api-key';
import { authentication } from './security/authentication';
import { readKeyFile } from './security/key-file';
import { rateLimiter } from './security/rate-limit';
import { TaskService, taskRoutes } from './tasks';

export interface Gateway {
  /** Started in this order, stopped in the reverse one: HTTP first, so that requests in flight keep their broker. */
  readonly parts: readonly LifecyclePart[];
  readonly http: HttpServer;
  readonly messaging: MessagingService;
}

export interface GatewayDeps {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Share of the stop deadline that HTTP may use; the rest is for confirms and closing the connections. */
const HTTP_SHARE = 0.7;

function services(config: ServerConfig, messaging: MessagingService, clock: Clock, drain: Drain) {
  const names = new NamePolicy(config.GATEWAY_ALLOWED_QUEUES, [
    config.SUBMISSION_RECORD_STREAM,
    config.RESULT_STREAM,
  ]);
  return {
    health: new HealthService({ messaging, drain }),
    tasks: new TaskService({ messaging, names, clock, maxWaiters: config.GATEWAY_MAX_WAITERS }),
    messages: new MessageService({ messaging, names }),
    queues: new QueueService({ messaging, names }),
  };
}

function guards(config: ServerConfig, drain: Drain) {
  const fromFile =
    config.GATEWAY_API_KEYS_FILE === undefined ? [] : readKeyFile(config.GATEWAY_API_KEYS_FILE);
  const keys = new ApiKeys([...fromFile, ...config.GATEWAY_API_KEYS]);
  const windowSeconds = config.RATE_LIMIT_WINDOW_SECONDS;
  const failed = rateLimiter({ name: 'failed-auth', windowSeconds, limit: config.RATE_LIMIT_FAILED_AUTH });
  return {
    requireRole: authentication(keys, failed),
    limit: {
      tasks: rateLimiter({ name: 'tasks', windowSeconds, limit: config.RATE_LIMIT_REQUESTS }),
      admin: rateLimiter({ name: 'admin', windowSeconds, limit: config.RATE_LIMIT_ADMIN_REQUESTS }),
    },
    jsonBody: jsonBody({
      limitBytes: config.GATEWAY_BODY_LIMIT_BYTES,
      maxDepth: config.GATEWAY_JSON_MAX_DEPTH,
    }),
    drain,
  };
}

/**
 * Puts the gateway together, by hand. Nothing is started.
 * @throws ConfigError for what only shows when files are opened.
 */
export function createGateway({ config, logger, clock }: GatewayDeps): Gateway {
  const drain = new Drain();
  const messaging = config.RABBITMQ_ENABLED
    ? createRabbitMQService({ config, logger, clock })
    : new NoOpMessagingService();
  const { health, tasks, messages, queues } = services(config, messaging, clock, drain);
  const routes = [
    ...healthRoutes(health),
    ...taskRoutes({
      service: tasks,
      maxWaitSeconds: config.GATEWAY_WAIT_MAX_SECONDS,
      stopping: drain.signal,
    }),
    ...(config.RABBITMQ_MANAGEMENT_ENABLED ? [...messageRoutes(messages), ...queueRoutes(queues)] : []),
  ];
  const listener = createApp({
    routes,
    guards: guards(config, drain),
    accessLog: accessLog(config.GATEWAY_ACCESS_LOG, logger, clock),
    trustProxyHops: config.TRUST_PROXY,
    logger,
  });
  const http = new HttpServer({
    listener,
    drain,
    logger,
    options: {
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
    },
  });
  return { parts: [part('messaging', messaging), part('http', http)], http, messaging };
}

function part(name: string, lifecycle: { start(): Promise<void>; stop(): Promise<void> }): LifecyclePart {
  return { name, start: () => lifecycle.start(), stop: () => lifecycle.stop() };
}
