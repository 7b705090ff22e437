export type { RunWindow } from './hold';
export {
  type RevokedIds,
  type RevokedStamps,
  type RevokeEntry,
  readRevokeEntry,
  type TerminateSignal,
  writeRevokeEntry,
} from './revoke-entry';
export { REVOKE_STREAM, RevokeLog, type RevokeLogOptions } from './revoke-log';
export type { RevokeBatch, StampBatch } from './tombstones';
