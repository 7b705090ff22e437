export { catalogueRoutes } from './routes';
export { CatalogueService, type CatalogueServiceDeps } from './service';
export { TaskSchemas, type TaskSchemasOptions } from './task-schemas';
