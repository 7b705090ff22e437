export { ratesSchema, sourceSchema } from './answers';
export { optionsOf } from './commands';
export { DeclaredNames } from './declared-names';
export { QUEUE_ARGUMENTS, type QueueOptions, queueArguments } from './options';
export { partitionOf } from './partition-hash';
export { type PartitionRoute, parsePartitionRoute, partitionRoute, partsOf } from './partition-route';
export { PartitionService, type Partitions } from './partition-service';
export { type QueueRoutesDeps, queueRoutes } from './routes';
export { declareSchema, listQuerySchema, queueNameSchema } from './schema';
export {
  type DeclareCommand,
  declarationOf,
  type ListCommand,
  QueueService,
  type QueueServiceDeps,
} from './service';
export { ratesView } from './view';
