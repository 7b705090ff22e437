/** Public API for task authors: everything a task module needs comes from here. */

export { PythonError } from '../celery/protocol';
export type { WorkerCommand, WorkerCommandContext } from './control';
export { createWorker, type Worker, type WorkerOptions } from './create-worker';
export { Ignore, Reject, Replaced, Retry, SoftTimeLimitExceeded } from './execution';
export {
  AppliedCanvas,
  type ArgumentSchema,
  type ArgumentsOf,
  type CanvasArguments,
  type CheckedTaskDeclaration,
  defineTask,
  type ErrorClass,
  type OptionalParameter,
  type Parameter,
  type PlainMessageOptions,
  type RetryOptions,
  type SendDefaults,
  type TaskCall,
  type TaskContext,
  type TaskDeclaration,
  type TaskDefinition,
  type TaskHandler,
  type TaskHooks,
  type TaskLogger,
  type TaskSettings,
} from './registry';
export {
  type CheckedSubscriberSettings,
  defineSubscriber,
  type SubscribedMessage,
  type SubscriberContext,
  type SubscriberDefinition,
  type SubscriberHandler,
  type SubscriberSettings,
} from './subscribers';
export {
  type Canvas,
  type CanvasResult,
  type ContentProtection,
  canvas,
  type HeaderTable,
  loadProtection,
  PayloadEncryption,
  type ProtectionSettings,
  parseEncryptionKeys,
  type RoutedTask,
  type RouteFunction,
  type Signature,
  type TaskOptions,
  type TaskRequest,
  type TaskRoute,
} from './wire';
