export { RevokeCourier, type RevokeCourierDeps } from './courier';
export { helloCommands } from './hello';
export { revokeRoutes } from './routes';
export { RevokeService, type RevokeServiceDeps } from './service';
