import type { Express } from 'express';
import { type LevelledLogger, type Logger, silentLogger, systemClock } from '../../runtime';
import { createGatewayCore } from '../../server/bootstrap';
import { loadServerConfig } from '../../server/config';
import type { Drain } from '../../server/http/drain';
import type { RouteDefinition } from '../../server/http/route';
import { type MessagingService, NoOpMessagingService } from '../../server/messaging';
import { createApiKey } from '../../server/security/api-key';
import { ROLES, type Role } from '../../server/security/scopes';
import { holdToContract } from './contract-watch';

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
  /** All that is mounted. */
  readonly routes: readonly RouteDefinition[];
}

export interface TestAppOptions {
  /** What messaging answers; all else refuses. */
  readonly messaging?: Partial<MessagingService>;
  readonly env?: Readonly<Record<string, string>>;
  readonly logger?: Logger & LevelledLogger;
}

/** The gateway's application over the messaging a test gives; nothing listens and no broker is used. */
export function testApp({ messaging, env, logger = silentLogger() }: TestAppOptions = {}): TestApp {
  const config = loadServerConfig({
    RABBITMQ_MANAGEMENT_ENABLED: 'true',
    GATEWAY_API_KEYS: storedKeys,
    GATEWAY_MAX_WAITERS: '10',
    ...env,
  });
  const given = Object.assign(new NoOpMessagingService(), messaging);
  const { listener, drain, routes } = createGatewayCore({ config, logger, clock: systemClock }, given);
  holdToContract(listener);
  return { app: listener, drain, routes };
}
