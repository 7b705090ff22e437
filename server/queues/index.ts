export { queueRoutes } from './routes';
export { declareSchema } from './schema';
export { QueueService, type QueueServiceDeps } from './service';
