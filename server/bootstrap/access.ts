import { TaskRouter } from '../../celery/client';
import { type Clock, ConfigError, type LifecyclePart, type Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import type { Verifier } from '../security/authentication';
import { FileWatch } from '../security/file-watch';
import { tokenCheck } from '../security/issuer';
import { readKeyFile } from '../security/key-file';
import { KeyRing } from '../security/key-ring';
import { Permissions } from '../security/permissions';
import { pepperPath, readSecret } from '../security/secret-file';
import type { StoredKey } from '../security/stored-key';
import { isToken, TokenVerifier } from '../security/token-verifier';
import type { BrokerParts } from './messaging';
import { ownersOf } from './owners';

export interface AccessDeps {
  readonly config: ServerConfig;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly broker: Pick<BrokerParts, 'records' | 'history'> | undefined;
}

/** Who may call and what they may do. */
export interface Access {
  readonly keys: KeyRing;
  readonly verifier: Verifier;
  readonly permissions: Permissions;
  /** Reads the keys anew, now. @throws ConfigError for a file that cannot be used; the keys known stay. */
  readonly reload: () => void;
  readonly parts: readonly LifecyclePart[];
}

function pepperOf(config: ServerConfig): string | undefined {
  const { GATEWAY_KEY_PEPPER: given, GATEWAY_API_KEYS_FILE: file } = config;
  return given ?? (file === undefined ? undefined : readSecret(pepperPath(file)));
}

function checkPepper(keys: readonly StoredKey[], pepper: string | undefined): void {
  const keyed = keys.some(({ secrets }) => secrets.some(({ algorithm }) => algorithm === 'hmac-sha256'));
  if (!keyed || pepper !== undefined) return;
  throw new ConfigError([
    {
      setting: 'GATEWAY_KEY_PEPPER',
      detail: 'is needed: the key file has keyed hashes, and there is no .pepper file beside it',
    },
  ]);
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

/** Reads the keys. @throws ConfigError for a key file that cannot be used. */
export function createAccess({ config, logger, clock, broker }: AccessDeps): Access {
  const path = config.GATEWAY_API_KEYS_FILE;
  const keys = new KeyRing({ clock });
  const reload = (): void => {
    const fromFile = path === undefined ? [] : readKeyFile(path);
    // Read each time: the first keyed hash may be made while the gateway runs.
    const pepper = pepperOf(config);
    checkPepper(fromFile, pepper);
    keys.load([...fromFile, ...config.GATEWAY_API_KEYS], pepper);
  };
  reload();
  const onChange = (): void => {
    try {
      reload();
      logger.info('the API keys were read anew', { keys: keys.keys.length });
    } catch (error) {
      logger.error('the API keys could not be read anew; those known stay in force', { error });
    }
  };
  const tokens = tokenVerifier(config, clock);
  const watch =
    path === undefined
      ? []
      : [new FileWatch({ path, intervalMs: config.GATEWAY_KEYS_RELOAD_INTERVAL_MS, onChange })];
  return {
    keys,
    verifier:
      tokens === undefined ? keys : { verify: (text) => (isToken(text) ? tokens : keys).verify(text) },
    permissions: new Permissions({ routedQueue: routedQueue(config), ownerOf: ownersOf(broker) }),
    reload,
    parts: watch.map((one) => ({
      name: 'key file',
      start: () => one.start(),
      stop: () => one.stop(),
    })),
  };
}
