import { readFileSync } from 'node:fs';
import { brokerUrl, type TlsOptions } from '../../amqp';
import { ConfigError } from '../../runtime';
import type { ServerConfig } from '../config';

/** CELERY_BROKER_URL wins over RABBITMQ_URL, and that over the parts. */
export function brokerUrls(config: ServerConfig): readonly string[] {
  if (config.CELERY_BROKER_URL.length > 0) return config.CELERY_BROKER_URL;
  if (config.RABBITMQ_URL.length > 0) return config.RABBITMQ_URL;
  const url = brokerUrl({
    host: config.RABBITMQ_HOST,
    port: config.RABBITMQ_PORT,
    username: config.RABBITMQ_USERNAME,
    password: config.RABBITMQ_PASSWORD,
    vhost: config.RABBITMQ_VHOST,
    tls: config.RABBITMQ_TLS,
  });
  return [url];
}

type FileSetting = 'RABBITMQ_TLS_CA_FILE' | 'RABBITMQ_TLS_CERT_FILE' | 'RABBITMQ_TLS_KEY_FILE';

function pem(config: ServerConfig, setting: FileSetting): Buffer | undefined {
  const path = config[setting];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    throw new ConfigError([{ setting, detail: `cannot be read (${code ?? 'unknown reason'})` }]);
  }
}

/**
 * Certificates for `amqps`. Verification cannot be switched off: a link that trusts anyone is no better than plain.
 * @throws ConfigError when a file cannot be read.
 */
export function brokerTls(config: ServerConfig): TlsOptions {
  return {
    ca: pem(config, 'RABBITMQ_TLS_CA_FILE'),
    cert: pem(config, 'RABBITMQ_TLS_CERT_FILE'),
    key: pem(config, 'RABBITMQ_TLS_KEY_FILE'),
    passphrase: config.RABBITMQ_TLS_KEY_PASSPHRASE,
    servername: config.RABBITMQ_TLS_SERVER_NAME,
    rejectUnauthorized: true,
  };
}
