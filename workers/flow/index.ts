export { TaskFlow, type TaskFlowDeps } from './task-flow';
