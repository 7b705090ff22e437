export { withNestedHeaders, withoutNestedHeaders } from './nested-headers';
export { openedRecord, protectedReplay } from './protected-record';
export { type RecordedDestination, withDestination } from './recorded-destination';
export type { RecordedMessage } from './recorded-messages';
export {
  embedOf,
  REPLAY_OF_HEADER,
  type ReplayContext,
  type ReplayEdits,
  recordedArguments,
  replayedMessage,
} from './replayed-message';
export { noteSentAt } from './sent-at';
export {
  CALLBACK_HEADER,
  type RecordableMessage,
  type SubmissionEntry,
  submissionEntry,
} from './submission-entry';
export type { StreamedAt, StreamedMessage, SubmissionIndex } from './submission-index';
export {
  SubmissionRecords,
  type SubmissionRecordsOptions,
  type SubmissionRecordsStatus,
} from './submission-records';
