export { BatchWindow } from './batch-window';
export { ndjsonLines } from './ndjson-lines';
export { type BatchRoutesDeps, batchRoutes } from './routes';
export { BatchService, type BatchServiceDeps } from './service';
