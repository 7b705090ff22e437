export type { RecordedMessage } from './recorded-messages';
export { type RecordableMessage, type SubmissionEntry, submissionEntry } from './submission-entry';
export {
  SubmissionRecords,
  type SubmissionRecordsOptions,
  type SubmissionRecordsStatus,
} from './submission-records';
