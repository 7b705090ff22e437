export type { RecordedMessage } from './recorded-messages';
export { type RecordableMessage, type SubmissionEntry, submissionEntry } from './submission-entry';
export type { StreamedAt, StreamedMessage, SubmissionIndex } from './submission-index';
export {
  SubmissionRecords,
  type SubmissionRecordsOptions,
  type SubmissionRecordsStatus,
} from './submission-records';
