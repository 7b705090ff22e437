export { bindingRoutes } from './routes';
export { BindingService, type BindingServiceDeps } from './service';
