export { DefinitionNames } from './definition-names';
export { ExportService, type ExportServiceDeps } from './export-service';
export { ImportService, type ImportServiceDeps } from './import-service';
export { definitionRoutes } from './routes';
