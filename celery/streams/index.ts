export { BoundedIndex } from './bounded-index';
export { KeyedLog, type KeyedLogOptions } from './keyed-log';
export { type Keyed, type KeyedEntry, KeyedState } from './keyed-state';
export { type LogBinding, type LogQueue, type LogTopology, streamDeclaration } from './log-queue';
export { type ReadStreamOptions, readStream } from './read-stream';
export {
  type LogEntry,
  MARK_TYPE,
  StreamLog,
  type StreamLogOptions,
  type StreamLogStatus,
} from './stream-log';
