export type { ChordClaim, ChordPart, ChordParts, PartReturned, ReturnedPart } from './chord-parts';
export { type ChordValues, chordValues } from './chord-values';
export { NullResults } from './null-results';
export { RedisChords, type RedisChordsOptions } from './redis-chords';
export { RedisResults, type RedisResultsOptions } from './redis-results';
export type {
  ResultAddress,
  ResultReader,
  ResultStoreStatus,
  ResultWriter,
  WaitOptions,
} from './result-backend';
export { type ResultBackendKind, resultBackendKind } from './result-backend-kind';
export type { ReadyListener, ResultFeed } from './result-feed';
export { RpcResultWriter, type RpcResultWriterOptions } from './rpc-result-writer';
export { RpcStreamResults, type RpcStreamResultsOptions } from './rpc-stream-results';
