export { LoopWatch, type LoopWatchOptions } from './loop-watch';
export { type CanaryHealth, PublishCanary, type PublishCanaryOptions } from './publish-canary';
export { healthRoutes } from './routes';
export { BROKER_STATUSES } from './schema';
export {
  HealthService,
  type HealthServiceDeps,
  type Liveness,
  type OtherBroker,
  type Readiness,
} from './service';
