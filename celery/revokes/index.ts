export {
  type RevokedIds,
  type RevokedStamps,
  type RevokeEntry,
  readRevokeEntry,
  type TerminateSignal,
  writeRevokeEntry,
} from './revoke-entry';
export {
  REVOKE_STREAM,
  type RevokeBatch,
  RevokeLog,
  type RevokeLogOptions,
  type StampBatch,
} from './revoke-log';
