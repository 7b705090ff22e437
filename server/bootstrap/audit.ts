import { randomBytes } from 'node:crypto';
import type { Logger } from '../../runtime';
import { AuditFile, AuditLog, type AuditLogOptions, AuditService, auditRoutes } from '../audit';
import type { ServerConfig } from '../config';
import { auditKeyPath, provideSecret } from '../security/secret-file';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';

export interface AuditDeps {
  readonly config: ServerConfig;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly broker: Pick<BrokerParts, 'publisher'> | undefined;
}

/** A copy of each record for whoever listens, best effort: the file is what counts. */
function publishing({ config, broker, logger }: AuditDeps): AuditLogOptions['publish'] {
  const exchange = config.GATEWAY_AUDIT_EXCHANGE;
  if (exchange === undefined || broker === undefined) return undefined;
  return ({ record, line }) => {
    broker.publisher
      .publish({
        exchange,
        routingKey: `audit.${record.operation}`,
        content: Buffer.from(line),
        properties: { contentType: 'application/json', deliveryMode: 2, type: 'audit' },
        mandatory: false,
      })
      .catch((error: unknown) =>
        logger.warn('an audit record was not published', { seq: record.seq, error }),
      );
  };
}

/** @throws the system's error when the key of a log file can be neither read nor made. */
export function createAuditLog(deps: AuditDeps): AuditLog {
  const { config, logger } = deps;
  const path = config.GATEWAY_AUDIT_FILE;
  const given = config.GATEWAY_AUDIT_KEY;
  // Without a file the chain ends with the process, and so may its key.
  const key =
    given ?? (path === undefined ? randomBytes(32).toString('hex') : provideSecret(auditKeyPath(path)));
  return new AuditLog({
    file: path === undefined ? undefined : new AuditFile(path),
    key,
    maxEntries: config.GATEWAY_AUDIT_MAX_ENTRIES,
    publish: publishing(deps),
    logger,
  });
}

/** Reading the audit log over HTTP. */
export function audit({ audit: log }: FeatureContext): Feature {
  return { routes: auditRoutes(new AuditService(log)) };
}
