import type { Express } from 'express';
import { type Logger, silentLogger, systemClock } from '../../runtime';
import { createApp } from '../../server/app';
import { loadServerConfig, type ServerConfig } from '../../server/config';
import { HealthService, healthRoutes } from '../../server/health';
import { accessLog } from '../../server/http/access-log';
import { Drain } from '../../server/http/drain';
import { jsonBody } from '../../server/http/json-body';
import { MessageService, messageRoutes } from '../../server/messages';
import { type MessagingService, NamePolicy, NoOpMessagingService } from '../../server/messaging';
import { QueueService, queueRoutes } from '../../server/queues';
import { ApiKeys, createApiKey, parseApiKeyLine, ROLES, type Role } from '../../server/security/api-key';
import { authentication } from '../../server/security/authentication';
import { rateLimiter } from '../../server/security/rate-limit';
import { TaskService, taskRoutes } from '../../server/tasks';

const made = Object.fromEntries(ROLES.map((role) => [role, createApiKey(role, role)])) as Record<
  Role,
  ReturnType<typeof createApiKey>
>;

/** A key of each role. */
export const keyOf = (role: Role): string => made[role].key;

/** The same keys as GATEWAY_API_KEYS takes them. */
export const storedKeys = ROLES.map((role) => made[role].line).join(',');

export interface TestApp {
  readonly app: Express;
  readonly drain: Drain;
}

export interface TestAppOptions {
  readonly messaging?: Partial<MessagingService>;
  readonly env?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
}

/** Messaging that refuses everything but what a test gives. */
function messagingOf(given: Partial<MessagingService> | undefined): MessagingService {
  return Object.assign(new NoOpMessagingService(), given);
}

/** The gateway's application over the messaging a test gives; nothing listens and no broker is used. */
export function testApp(options: TestAppOptions = {}): TestApp {
  const config: ServerConfig = loadServerConfig({ RABBITMQ_MANAGEMENT_ENABLED: 'true', ...options.env });
  const messaging = messagingOf(options.messaging);
  const logger = options.logger ?? silentLogger();
  const drain = new Drain();
  const names = new NamePolicy(config.GATEWAY_ALLOWED_QUEUES);
  const tasks = new TaskService({ messaging, names, clock: systemClock, maxWaiters: 10 });
  const windowSeconds = config.RATE_LIMIT_WINDOW_SECONDS;
  const limiter = (name: string, limit: number) => rateLimiter({ name, windowSeconds, limit });
  const app = createApp({
    routes: [
      ...healthRoutes(new HealthService({ messaging, drain })),
      ...taskRoutes({
        service: tasks,
        maxWaitSeconds: config.GATEWAY_WAIT_MAX_SECONDS,
        stopping: drain.signal,
      }),
      ...(config.RABBITMQ_MANAGEMENT_ENABLED
        ? [
            ...messageRoutes(new MessageService({ messaging, names })),
            ...queueRoutes(new QueueService({ messaging, names })),
          ]
        : []),
    ],
    guards: {
      requireRole: authentication(
        new ApiKeys(storedKeys.split(',').map(parseApiKeyLine)),
        limiter('failed-auth', config.RATE_LIMIT_FAILED_AUTH),
      ),
      limit: {
        tasks: limiter('tasks', config.RATE_LIMIT_REQUESTS),
        admin: limiter('admin', config.RATE_LIMIT_ADMIN_REQUESTS),
      },
      jsonBody: jsonBody({
        limitBytes: config.GATEWAY_BODY_LIMIT_BYTES,
        maxDepth: config.GATEWAY_JSON_MAX_DEPTH,
      }),
      drain,
    },
    accessLog: accessLog(config.GATEWAY_ACCESS_LOG, logger, systemClock),
    trustProxyHops: config.TRUST_PROXY,
    logger,
  });
  return { app, drain };
}
