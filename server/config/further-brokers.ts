import { readFileSync } from 'node:fs';
import { ConfigError, type Environment, loadConfig } from '../../runtime';
import { brokerSettings, celerySettings } from './broker-settings';
import { controlSettings } from './control-settings';
import { directSettings } from './direct-settings';
import { memorySettings } from './memory-settings';
import { protectionSettings } from './protection-settings';
import { type ServerConfig, serverConfigSchema } from './server-config';
import { workflowSettings } from './workflow-settings';

/** One more broker or virtual host that this gateway serves. */
export interface FurtherBroker {
  readonly name: string;
  /** The gateway's settings with those of this broker. */
  readonly config: ServerConfig;
  /** Ids of the keys that may use it, names or globs with `*`; undefined: all. */
  readonly keys: readonly string[] | undefined;
}

/** The one that the settings themselves name. */
export const DEFAULT_BROKER = 'default';

const SETTING = 'GATEWAY_BROKERS_FILE';
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** What a broker may have of its own. All else is the process's: its socket, its keys, its limits, its log. */
const OWN: ReadonlySet<string> = new Set([
  ...Object.keys({ ...brokerSettings, ...celerySettings, ...memorySettings, ...directSettings }),
  ...Object.keys({ ...protectionSettings, ...workflowSettings, ...controlSettings }),
  ...['GATEWAY_ALLOWED_QUEUES', 'GATEWAY_CELERY_QUEUES'],
]);
const NOT_OWN: ReadonlySet<string> = new Set([SETTING, 'RABBITMQ_ENABLED']);

/** Where the default broker is, and what belongs to it: a further one that names none must not end up there. */
const PLACES = [
  ...['RABBITMQ_HOST', 'RABBITMQ_PORT', 'RABBITMQ_USERNAME', 'RABBITMQ_USER', 'RABBITMQ_PASSWORD'],
  ...['RABBITMQ_VHOST', 'RABBITMQ_URL', 'CELERY_BROKER_URL', 'CELERY_RESULT_BACKEND'],
  ...['RABBITMQ_MANAGEMENT_URL', 'RABBITMQ_TLS_SERVER_NAME'],
];
const ADDRESSES = ['RABBITMQ_HOST', 'RABBITMQ_URL', 'CELERY_BROKER_URL'];

/**
 * The brokers of `GATEWAY_BROKERS_FILE`: by name, the settings in which each differs from the process's own.
 * @throws ConfigError, which never quotes a value.
 */
export function loadFurtherBrokers(config: ServerConfig, env: Environment): readonly FurtherBroker[] {
  const path = config.GATEWAY_BROKERS_FILE;
  if (path === undefined) return [];
  if (!config.RABBITMQ_ENABLED) throw problem('needs RABBITMQ_ENABLED');
  return Object.entries(entriesOf(path)).map(([name, entry]) => furtherBroker(name, entry, env));
}

function furtherBroker(name: string, entry: unknown, env: Environment): FurtherBroker {
  if (!NAME.test(name) || name === DEFAULT_BROKER)
    throw problem(`has a name that is not ${NAME.source}, or is "${DEFAULT_BROKER}"`);
  if (!isObject(entry)) throw problem(`has no object for the broker ${name}`);
  const { keys, ...given } = entry;
  const foreign = Object.keys(given).find((setting) => !OWN.has(setting) || NOT_OWN.has(setting));
  if (foreign !== undefined)
    throw problem(`gives the broker ${name} a setting that is not a broker's own: ${foreign}`);
  if (!ADDRESSES.some((setting) => setting in given))
    throw problem(`does not say where the broker ${name} is: ${ADDRESSES.join(', ')}`);
  if (keys !== undefined && !isTextList(keys))
    throw problem(`has keys for the broker ${name} that are no list of texts`);
  return { name, config: ownConfig(name, given, env), keys };
}

function ownConfig(name: string, given: Readonly<Record<string, unknown>>, env: Environment): ServerConfig {
  const shared = Object.fromEntries(Object.entries(env).filter(([setting]) => !PLACES.includes(setting)));
  const own = Object.fromEntries(Object.entries(given).map(([setting, value]) => [setting, String(value)]));
  try {
    return loadConfig(serverConfigSchema, { ...shared, ...own });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      error.problems.map((one) => ({ ...one, setting: `${one.setting} of the broker ${name}` })),
    );
  }
}

function entriesOf(path: string): Readonly<Record<string, unknown>> {
  let entries: unknown;
  try {
    entries = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'is no JSON';
    throw problem(`cannot be read (${reason})`);
  }
  if (!isObject(entries)) throw problem('holds no object of brokers by name');
  return entries;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');

const problem = (detail: string): ConfigError => new ConfigError([{ setting: SETTING, detail }]);
