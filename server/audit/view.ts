import type { AuditPage } from './service';

export function auditView({ records, nextBefore }: AuditPage): object {
  return { items: records, next_before: nextBefore ?? null };
}
