export { bulkRevokedSchema } from './answers';
export { RevokeCourier, type RevokeCourierDeps } from './courier';
export { filterOf } from './filter';
export { helloCommands } from './hello';
export { revokeRoutes } from './routes';
export { type RevokeFilter, taskFilterSchema } from './schema';
export { type BulkRevokeOutcome, RevokeService, type RevokeServiceDeps, type RevokeTerms } from './service';
export { bulkRevokeView } from './view';
