export { tasksOf } from './graph';
export { WorkflowProgress } from './progress';
export { workflowRoutes } from './routes';
export { WorkflowService } from './service';
export { readWorkflow, type Workflow, WorkflowStore } from './workflow-store';
