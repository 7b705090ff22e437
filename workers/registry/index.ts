export { AppliedCanvas } from './applied-canvas';
export { bindArguments } from './bind-arguments';
export { compileParameters } from './compiled-parameters';
export { defineTask } from './define-task';
export type { ArgumentsOf, OptionalParameter, Parameter } from './parameters';
export { tasksPerSecond } from './rate';
export { sendOptions } from './send-options';
export type {
  CanvasArguments,
  PlainMessageOptions,
  RetryOptions,
  TaskCall,
  TaskContext,
  TaskLogger,
} from './task-context';
export type {
  ArgumentSchema,
  CheckedTaskDeclaration,
  ErrorClass,
  SendDefaults,
  TaskDeclaration,
  TaskDefinition,
  TaskHandler,
  TaskHooks,
  TaskSettings,
} from './task-definition';
export { type DefaultLimits, type LiveSettings, TaskRegistry } from './task-registry';
