export { policyRoutes } from './routes';
export { policySchema } from './schema';
export { PolicyService, type PolicyServiceDeps } from './service';
