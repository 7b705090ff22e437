export { controlCommands } from './control-commands';
export { type WorkerCommand, type WorkerCommandContext, withCustomCommands } from './custom-commands';
export { revokedIds } from './inspect-commands';
export { signalNumber } from './signals';
export { taskInfo } from './task-info';
export type { WorkerView } from './worker-view';
