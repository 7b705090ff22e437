/** Public API for task authors: everything a task module needs comes from here. */

export { PythonError } from '../celery/protocol';
export type { WorkerCommand, WorkerCommandContext } from './control';
export { createWorker, type Worker, type WorkerOptions } from './create-worker';
export { Ignore, Reject, Retry, SoftTimeLimitExceeded } from './execution';
export {
  type ArgumentSchema,
  type ArgumentsOf,
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
export type {
  HeaderTable,
  RoutedTask,
  RouteFunction,
  Signature,
  TaskOptions,
  TaskRequest,
  TaskRoute,
} from './wire';
