import type { AuditRecord } from './audit-entry';
import type { AuditLog } from './audit-log';

/** Which records are asked for. */
export interface AuditFilter {
  readonly limit: number;
  /** Only records with a smaller number. */
  readonly before: number | undefined;
  readonly keyId: string | undefined;
  readonly operation: string | undefined;
  readonly outcome: string | undefined;
  /** A name among the targets. */
  readonly target: string | undefined;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** `before` of the next page. */
  readonly nextBefore: number | undefined;
}

const equal = (wanted: string | undefined, value: string | null): boolean =>
  wanted === undefined || wanted === value;

function fits(record: AuditRecord, filter: AuditFilter): boolean {
  return (
    (filter.before === undefined || record.seq < filter.before) &&
    equal(filter.keyId, record.key_id) &&
    equal(filter.operation, record.operation) &&
    equal(filter.outcome, record.outcome) &&
    (filter.target === undefined || Object.values(record.target).includes(filter.target))
  );
}

/** Reads the audit log, the newest record first, as far back as memory holds it. */
export class AuditService {
  constructor(private readonly log: Pick<AuditLog, 'records'>) {}

  page(filter: AuditFilter): AuditPage {
    const found = this.log.records().filter((record) => fits(record, filter));
    const records = found.slice(0, filter.limit);
    return { records, nextBefore: found.length > records.length ? records.at(-1)?.seq : undefined };
  }
}
