export { tasksOf } from './graph';
export { WorkflowProgress } from './progress';
export { workflowRoutes } from './routes';
export { WorkflowService } from './service';
export { type WorkflowEnd, WorkflowEnds } from './workflow-ends';
export { readWorkflow, type Workflow, WorkflowStore } from './workflow-store';
