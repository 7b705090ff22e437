export { LoopWatch, type LoopWatchOptions } from './loop-watch';
export { type CanaryHealth, PublishCanary, type PublishCanaryOptions } from './publish-canary';
export { healthRoutes } from './routes';
export { HealthService, type HealthServiceDeps, type Liveness, type Readiness } from './service';
