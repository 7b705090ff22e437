export { queueRoutes } from './routes';
export { declareSchema, queueNameSchema } from './schema';
export { QueueService, type QueueServiceDeps } from './service';
