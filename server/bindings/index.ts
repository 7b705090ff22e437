export { bindingRoutes } from './routes';
export { bindingSchema } from './schema';
export { type Binding, BindingService, type BindingServiceDeps, isPredefinedExchange } from './service';
