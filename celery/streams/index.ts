export { BoundedIndex } from './bounded-index';
export { type LogBinding, type LogQueue, type LogTopology, streamDeclaration } from './log-queue';
export { type ReadStreamOptions, readStream } from './read-stream';
export {
  type LogEntry,
  MARK_TYPE,
  StreamLog,
  type StreamLogOptions,
  type StreamLogStatus,
} from './stream-log';
