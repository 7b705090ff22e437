export { ratesSchema, sourceSchema } from './answers';
export { optionsOf } from './commands';
export { QUEUE_ARGUMENTS, type QueueOptions, queueArguments } from './options';
export { partitionOf } from './partition-hash';
export { PartitionService, type Partitions } from './partition-service';
export { type QueueRoutesDeps, queueRoutes } from './routes';
export { declareSchema, listQuerySchema, queueNameSchema } from './schema';
export { QueueService, type QueueServiceDeps } from './service';
export { ratesView } from './view';
