import { parseBrokerUrl } from '../../amqp';
import { ConfigError } from '../../runtime';
import type { ServerConfig } from '../config';
import { checkedManagementUrl } from '../config';
import { brokerUrls, ManagementClient } from '../messaging';

const SETTING = 'RABBITMQ_MANAGEMENT_URL';

function urlOf(config: ServerConfig): URL | undefined {
  const { RABBITMQ_MANAGEMENT_URL: given, RABBITMQ_MANAGEMENT_HOST: host } = config;
  if (given !== undefined && given !== '') {
    try {
      return checkedManagementUrl(given);
    } catch (error) {
      throw new ConfigError([{ setting: SETTING, detail: (error as Error).message }]);
    }
  }
  return host === undefined || host === ''
    ? undefined
    : new URL(`http://${host}:${config.RABBITMQ_MANAGEMENT_PORT}`);
}

/** The management API as configured, undefined where it is not. @throws ConfigError for a URL that is none. */
export function createManagement(config: ServerConfig): ManagementClient | undefined {
  const url = urlOf(config);
  if (url === undefined) return undefined;
  const [broker = ''] = brokerUrls(config);
  const { username, password, vhost } = parseBrokerUrl(broker);
  const own = url.username !== '';
  return new ManagementClient({
    url,
    username: own ? decodeURIComponent(url.username) : username,
    password: own ? decodeURIComponent(url.password) : password,
    vhost,
    timeoutMs: config.RABBITMQ_MANAGEMENT_TIMEOUT_MS,
  });
}
