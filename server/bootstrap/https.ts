import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, type LifecyclePart, type Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import type { HttpServer, ServerCertificate } from '../http/http-server';
import { fileWatch } from '../security/file-watch';

/** Certificates change once in months. */
const LOOK_INTERVAL_MS = 10_000;

function read(setting: string, path: string | undefined): Buffer {
  try {
    if (path === undefined) throw new Error('is needed with the other one');
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([{ setting, detail: code === undefined ? message : `cannot be read (${code})` }]);
  }
}

/** The certificate that HTTPS is served with; undefined: plain HTTP. @throws ConfigError for files that cannot be used. */
export function serverCertificate(config: ServerConfig): ServerCertificate | undefined {
  const { GATEWAY_TLS_CERT_FILE: certFile, GATEWAY_TLS_KEY_FILE: keyFile } = config;
  if (certFile === undefined && keyFile === undefined) return undefined;
  const certificate = {
    cert: read('GATEWAY_TLS_CERT_FILE', certFile),
    key: read('GATEWAY_TLS_KEY_FILE', keyFile),
  };
  try {
    createSecureContext(certificate);
  } catch {
    // OpenSSL's own words tell little, and might quote the file.
    throw new ConfigError([
      { setting: 'GATEWAY_TLS_CERT_FILE', detail: 'and GATEWAY_TLS_KEY_FILE are no certificate and its key' },
    ]);
  }
  return certificate;
}

/** Serves renewed certificates without a restart. */
export function certificateRenewal(
  config: ServerConfig,
  http: Pick<HttpServer, 'renew'>,
  logger: Pick<Logger, 'info' | 'error'>,
): readonly LifecyclePart[] {
  const path = config.GATEWAY_TLS_CERT_FILE;
  if (path === undefined) return [];
  const onChange = (): void => {
    try {
      const certificate = serverCertificate(config);
      if (certificate !== undefined) http.renew(certificate);
      logger.info('the certificate was read anew');
    } catch (error) {
      logger.error('the certificate could not be read anew; the one in use stays', { error });
    }
  };
  const watch = fileWatch({ path, intervalMs: LOOK_INTERVAL_MS, onChange });
  return [{ name: 'certificate', start: () => watch.start(), stop: () => watch.stop() }];
}
