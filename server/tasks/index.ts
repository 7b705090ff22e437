export { statusSchema } from './answers';
export { historyKeys } from './answers-history';
export { bodyPointer } from './body-pointer';
export { Deduplication, type DeduplicationDeps } from './deduplication';
export { findForCertain } from './find-for-certain';
export { historyView, isoTime } from './history-view';
export { preferredWait } from './prefer';
export { type TaskRoutesDeps, taskRoutes } from './routes';
export {
  callbackUrl,
  revokeQuerySchema,
  type SignatureBody,
  type SubmitBody,
  signatureSchema,
  sparseTaskSchema,
  statusQuerySchema,
  submitSchema,
  taskFields,
  taskIdSchema,
  taskSchema,
} from './schema';
export {
  type AcceptedTask,
  type Callbacks,
  type SubmitExtras,
  TaskService,
  type TaskServiceDeps,
} from './service';
export { extrasOf, inBodyTerms, type ReplyTo, submissionOf } from './submission';
export {
  type ArgumentCheck,
  SubmitChecks,
  type SubmitChecksDeps,
  type SubmitPermissions,
  type Submitter,
} from './submit-checks';
export { TaskArgumentsReader } from './task-arguments';
export { isReady, type TaskFailure, type TaskStatus, taskStatus } from './task-state';
export { type TraceHeaders, traced, tracedHeaders } from './trace-context';
export { statusView } from './view';
export { WaitLimit } from './wait-limit';
