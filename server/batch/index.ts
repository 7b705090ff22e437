export { BatchWindow } from './batch-window';
export { type BatchRoutesDeps, batchRoutes } from './routes';
export { BatchService, type BatchServiceDeps } from './service';
