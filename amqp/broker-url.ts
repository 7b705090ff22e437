import { ConnectionError } from './errors';

/** The parts a broker URL is made of. */
export interface BrokerUrlParts {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** As RabbitMQ names it, not encoded: `/` is the default one. */
  readonly vhost: string;
  readonly tls?: boolean | undefined;
}

const DEFAULT_PORT = { 'amqp:': 5672, 'amqps:': 5671 } as const;

/** The URL of a broker: user, password and vhost percent-encoded, so that the vhost `/` becomes `%2F`. */
export const brokerUrl = ({ host, port, username, password, vhost, tls }: BrokerUrlParts): string => {
  const authority = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${tls ? 'amqps' : 'amqp'}://${authority}@${name}:${port}/${encodeURIComponent(vhost)}`;
};

/** The URL with user and password replaced, for people's eyes; works on what is no valid URL, too. */
export const redactUrl = (url: string): string => url.replace(/\/\/.*@/s, '//***@');

const invalid = (reason: string): ConnectionError =>
  new ConnectionError('BROKER_UNREACHABLE', `Broker URL is not usable: ${reason}`);

/** The parser's own error holds the whole URL, so nothing of it is passed on. */
const parse = (url: string): URL => {
  try {
    return new URL(url);
  } catch {
    throw invalid('it cannot be parsed');
  }
};

const decode = (part: string, what: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(`its ${what} is not percent-encoded rightly`);
  }
};

/**
 * Reads a broker URL as kombu does: no user means guest, an empty path means the vhost `/`, and so does `//`. The password
 * is not enumerable, so that no logger prints it.
 *
 * @throws ConnectionError `BROKER_UNREACHABLE`, not retryable, and without any part of the URL in it
 */
export const parseBrokerUrl = (url: string): BrokerUrlParts => {
  const { protocol, hostname, port, username, password, pathname } = parse(url);
  if (protocol !== 'amqp:' && protocol !== 'amqps:') throw invalid('its scheme is neither amqp nor amqps');
  const anonymous = username === '' && password === '';
  const parts = {
    host: hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: port === '' ? DEFAULT_PORT[protocol] : Number(port),
    username: anonymous ? 'guest' : decode(username, 'user'),
    vhost: decode(pathname.slice(1), 'vhost') || '/',
    tls: protocol === 'amqps:',
  };
  const secret = anonymous ? 'guest' : decode(password, 'password');
  return Object.defineProperty(parts, 'password', { value: secret, enumerable: false }) as BrokerUrlParts;
};

/**
 * A broker URL as people write it (Celery's `pyamqp://` is `amqp://`), checked.
 *
 * @throws ConnectionError `BROKER_UNREACHABLE`, not retryable, and without any part of the URL in it
 */
export const checkedBrokerUrl = (url: string): string => {
  const usable = url.trim().replace(/^pyamqp:/, 'amqp:');
  parseBrokerUrl(usable);
  return usable;
};
