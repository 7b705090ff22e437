export { type ChainVerdict, verifyChain } from './audit-chain';
export type { AuditEntry, AuditRecord } from './audit-entry';
export { AuditFile } from './audit-file';
export { AuditLog, type AuditLogOptions } from './audit-log';
export { AuditTrail, isAudited } from './audit-trail';
export { auditRoutes } from './routes';
export { AuditService } from './service';
