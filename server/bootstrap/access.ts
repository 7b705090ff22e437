import { TaskRouter } from '../../celery/client';
import { type Clock, ConfigError, type LifecyclePart, type Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import type { Verifier } from '../security/authentication';
import { tokenCheck } from '../security/issuer';
import { KeyRing } from '../security/key-ring';
import { Permissions } from '../security/permissions';
import { isToken, TokenVerifier } from '../security/token-verifier';
import { type LoadedKeys, loadKeys } from './loaded-keys';
import type { BrokerParts } from './messaging';
import { ownersOf } from './owners';

export interface AccessDeps {
  readonly config: ServerConfig;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly broker: Pick<BrokerParts, 'records' | 'history'> | undefined;
}

/** Who may call and what they may do. */
export interface Access {
  readonly keys: KeyRing;
  readonly verifier: Verifier;
  readonly permissions: Permissions;
  /** How the keys came here, and where those that can be changed are kept. */
  readonly loaded: LoadedKeys;
  readonly parts: readonly LifecyclePart[];
}

/** Tokens of an issuer, where one is configured. @throws ConfigError where it is configured by half. */
function tokenVerifier(config: ServerConfig, clock: Pick<Clock, 'now'>): TokenVerifier | undefined {
  const {
    GATEWAY_JWT_JWKS_URL: jwksUrl,
    GATEWAY_JWT_ISSUER: issuer,
    GATEWAY_JWT_AUDIENCE: audience,
  } = config;
  if (jwksUrl === undefined) return undefined;
  if (issuer === undefined || audience === undefined) {
    const setting = issuer === undefined ? 'GATEWAY_JWT_ISSUER' : 'GATEWAY_JWT_AUDIENCE';
    throw new ConfigError([{ setting, detail: 'is needed with GATEWAY_JWT_JWKS_URL' }]);
  }
  return new TokenVerifier({
    check: tokenCheck({ jwksUrl, issuer, audience }),
    claims: { scopes: config.GATEWAY_JWT_SCOPES_CLAIM, tenant: config.GATEWAY_JWT_TENANT_CLAIM },
    clock,
  });
}

/** The queue that routes and defaults choose; the same router as the client's. */
function routedQueue(config: ServerConfig): (task: string) => string | undefined {
  const router = new TaskRouter({
    defaultQueue: config.CELERY_TASK_DEFAULT_QUEUE,
    routes: config.CELERY_TASK_ROUTES,
  });
  return (name) => router.route({ name, args: [], kwargs: {}, options: {} }).destination.queue ?? undefined;
}

/** What keys may name and see of the tasks of one broker. */
export const createPermissions = (config: ServerConfig, broker: AccessDeps['broker']): Permissions =>
  new Permissions({ routedQueue: routedQueue(config), ownerOf: ownersOf(broker) });

/** Reads the keys. @throws ConfigError for a key file that cannot be used. */
export function createAccess({ config, logger, clock, broker }: AccessDeps): Access {
  const keys = new KeyRing({ clock });
  const loaded = loadKeys({ config, logger, ring: keys });
  const tokens = tokenVerifier(config, clock);
  const verifier: Verifier =
    tokens === undefined
      ? loaded
      : { verify: (text) => (isToken(text) ? tokens.verify(text) : loaded.verify(text)) };
  return {
    keys,
    loaded,
    verifier,
    permissions: createPermissions(config, broker),
    parts: loaded.parts,
  };
}
