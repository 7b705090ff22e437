export { OPERATIONS_PATH, operationResponses, sendBegun, waitOf } from './begun';
export {
  Operation,
  type OperationHandle,
  type OperationProgress,
  type OperationSnapshot,
  type OperationState,
  type OperationSubject,
} from './operation';
export { operationRoutes } from './routes';
export { operationSchema, type WaitQuery, waitQuerySchema } from './schema';
export { OperationService, type OperationServiceDeps } from './service';
export { operationView } from './view';
