export { policyRoutes } from './routes';
export { PolicyService, type PolicyServiceDeps } from './service';
