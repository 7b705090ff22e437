import { hostname } from 'node:os';
import type { AmqpConnectionOptions } from '../../amqp';
import type { Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import { brokerTls, brokerUrls } from '../messaging';

/** Options of a connection of this gateway. @param purpose what RabbitMQ's list of connections shows beside its name */
export function brokerConnection(
  { config, logger }: { readonly config: ServerConfig; readonly logger: Logger },
  purpose?: string,
): AmqpConnectionOptions {
  const name = `celery-gateway@${hostname()}`;
  return {
    urls: brokerUrls(config),
    name: purpose === undefined ? name : `${name} ${purpose}`,
    tls: brokerTls(config),
    heartbeatSeconds: config.RABBITMQ_HEARTBEAT_SECONDS,
    connectTimeoutMs: config.RABBITMQ_CONNECT_TIMEOUT_MS,
    backoffInitialMs: config.RABBITMQ_BACKOFF_INITIAL_MS,
    backoffMaxMs: config.RABBITMQ_BACKOFF_MAX_MS,
    logger,
  };
}
