export { DeadLetterQueues, type DeadLetterQueuesDeps } from './dead-letter-queues';
export { type DeadLetterRoutesDeps, deadLetterRoutes } from './routes';
export { DeadLetterService, type DeadLetterServiceDeps } from './service';
export { SetupService, type SetupServiceDeps } from './setup-service';
