export { AsyncResult } from './async-result';
export type { ChordClaim, ChordPart, ChordParts, PartReturned, ReturnedPart } from './chord-parts';
export { type ChordValues, chordValues } from './chord-values';
export { forgetMark, forgottenTask } from './forget-mark';
export { type CompletedResult, GroupResult, type TaskResult } from './group-result';
export { NullResults } from './null-results';
export { RedisChords, type RedisChordsOptions } from './redis-chords';
export { RedisGroups, type RedisGroupsOptions } from './redis-groups';
export { RedisResults, type RedisResultsOptions } from './redis-results';
export { RemoteError } from './remote-error';
export type {
  ResultAddress,
  ResultReader,
  ResultStoreStatus,
  ResultWriter,
  WaitOptions,
} from './result-backend';
export { type ResultBackendKind, resultBackendKind } from './result-backend-kind';
export type { GetOptions, GroupStore, ResultContext, RevokeResultOptions } from './result-context';
export type { ReadyListener, ResultFeed } from './result-feed';
export { RpcResultWriter, type RpcResultWriterOptions } from './rpc-result-writer';
export { RpcStreamResults, type RpcStreamResultsOptions } from './rpc-stream-results';
export { TaskResults } from './task-results';
