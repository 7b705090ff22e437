export { bulkRevokedSchema } from './answers';
export { RevokeCourier, type RevokeCourierDeps } from './courier';
export { helloCommands } from './hello';
export { revokeRoutes } from './routes';
export { type BulkRevokeOutcome, RevokeService, type RevokeServiceDeps, type RevokeTerms } from './service';
export { bulkRevokeView } from './view';
