import { createHmac } from 'node:crypto';
import type { AuditEntry, AuditRecord } from './audit-entry';

/** Where a chain stands: what the next record is joined to. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/** A record and the line that it is written as. */
export interface SealedRecord {
  readonly record: AuditRecord;
  /** Without the line end. */
  readonly line: string;
}

const HASHED = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s;

function digest(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/**
 * The next record of a chain. The hash covers the very bytes of the line, the hash of the record before among them; so a
 * line cannot be changed, removed, added or moved without the key.
 */
export function seal(entry: AuditEntry, head: ChainHead, key: string): SealedRecord {
  const body = { seq: head.seq + 1, ...entry, prev: head.hash };
  const text = JSON.stringify(body).slice(0, -1);
  const hash = digest(key, text);
  return { record: { ...body, hash }, line: `${text},"hash":"${hash}"}` };
}

/** What a verification found. */
export type ChainVerdict =
  | { readonly intact: true; readonly head: ChainHead }
  | {
      readonly intact: false;
      /** The last record that holds. */
      readonly head: ChainHead;
      /** Of the first line that does not, from 1 on. */
      readonly line: number;
      readonly problem: string;
    };

/** Why a line does not continue the chain, or the head it makes. */
function continued(line: string, head: ChainHead, key: string): ChainHead | string {
  const [, text, hash] = HASHED.exec(line) ?? [];
  if (text === undefined || hash === undefined) return 'is no record of an audit log';
  if (digest(key, text) !== hash) return 'was altered, or another key made it';
  const { seq, prev } = JSON.parse(line) as AuditRecord;
  if (prev !== head.hash || seq !== head.seq + 1)
    return `does not follow record ${head.seq}: records are missing, added or in another order`;
  return { seq, hash };
}

/** Follows a chain from its first line, or from a head known to hold. Stops at the first line that does not fit. */
export async function verifyChain(
  lines: AsyncIterable<string> | Iterable<string>,
  key: string,
  from: ChainHead = EMPTY_CHAIN,
): Promise<ChainVerdict> {
  let head = from;
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const next = continued(line, head, key);
    if (typeof next === 'string') return { intact: false, head, line: number, problem: next };
    head = next;
  }
  return { intact: true, head };
}
