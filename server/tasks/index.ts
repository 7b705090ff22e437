export { type TaskRoutesDeps, taskRoutes } from './routes';
export { revokeQuerySchema, statusQuerySchema, submitSchema } from './schema';
export { type RevokeCommand, TaskService, type TaskServiceDeps } from './service';
export { type TaskFailure, type TaskStatus, taskStatus } from './task-state';
