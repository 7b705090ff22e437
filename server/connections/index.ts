export { connectionRoutes } from './routes';
export { ConnectionService } from './service';
