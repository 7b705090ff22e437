import type { SocketOptions } from 'amqplib';
import type { RabbitMQError } from './errors';
import { ConnectionError } from './errors';
import type { AmqpLogger } from './log';

/** TLS of an `amqps` URL. The broker's certificate is always verified, and its name too. */
export interface TlsOptions {
  /** PEM text of the certificate authorities to trust instead of the system's. */
  readonly ca?: string | Buffer | (string | Buffer)[] | undefined;
  /** PEM text of the client certificate, where the broker asks for one. */
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly passphrase?: string | undefined;
  /** The name the certificate must bear, when it is not the URL's host. */
  readonly servername?: string | undefined;
  /** Here only to be refused: verification cannot be switched off. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** What a connection is made of. */
export interface AmqpConnectionOptions {
  /** `amqp://` or `amqps://` URLs, one for each node of a cluster, tried in random order. */
  readonly urls: readonly string[];
  /** `connection_name`, shown by RabbitMQ. */
  readonly name: string;
  readonly tls?: TlsOptions | undefined;
  /** Default 10. A silent broker is given up after two to three of these. */
  readonly heartbeatSeconds?: number | undefined;
  /** Longest silence while connecting, in milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Ceiling of the first wait between attempts. Default 200. */
  readonly backoffInitialMs?: number | undefined;
  /** Highest ceiling of the waits between attempts. Default 10000. */
  readonly backoffMaxMs?: number | undefined;
  readonly logger: AmqpLogger;
  /** 0 ≤ n < 1; default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** `blocked` is connected, but the broker takes no publishes (memory or disk alarm). */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'blocked' | 'stopped';

/** Events of a connection, with the arguments of each. */
export interface AmqpConnectionEvents {
  connected: [];
  disconnected: [RabbitMQError];
  blocked: [reason: string];
  unblocked: [];
  'connect-failed': [RabbitMQError];
}

/** The broker a connection talks or last tried to talk to; no password. */
export interface BrokerDescription {
  readonly host: string;
  readonly port: number;
  readonly vhost: string;
  readonly tls: boolean;
  readonly username: string;
  readonly serverVersion: string | undefined;
}

export const DEFAULT_HEARTBEAT_SECONDS = 10;
const DEFAULT_CONNECT_TIMEOUT_MS = 5000;
const KEEP_ALIVE_DELAY_MS = 10_000;

const tlsSocketOptions = (tls: TlsOptions): SocketOptions => {
  if (tls.rejectUnauthorized === false)
    throw new ConnectionError(
      'BROKER_UNREACHABLE',
      'Verification of the broker certificate cannot be switched off',
    );
  return {
    minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
};

/**
 * Options of the socket and the handshake, as amqplib takes them.
 *
 * @throws ConnectionError when verification of certificates is switched off
 */
export const socketOptions = ({ name, tls, connectTimeoutMs }: AmqpConnectionOptions): SocketOptions => ({
  noDelay: true,
  keepAlive: true,
  keepAliveDelay: KEEP_ALIVE_DELAY_MS,
  timeout: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
  clientProperties: { connection_name: name },
  ...tlsSocketOptions(tls ?? {}),
});
