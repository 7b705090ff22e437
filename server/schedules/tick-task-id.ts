import { createHash } from 'node:crypto';

/**
 * The id of the task that a tick submits: the same whoever fires it and however often, so that the submission record can tell
 * whether it was. A UUID of version 8 (RFC 9562: of the maker's own).
 */
export function tickTaskId(scheduleUid: string, tickMs: number): string {
  const bytes = createHash('sha256').update(`${scheduleUid}\0${tickMs}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
