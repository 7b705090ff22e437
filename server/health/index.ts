export { healthRoutes } from './routes';
export { HealthService, type HealthServiceDeps, type Readiness } from './service';
