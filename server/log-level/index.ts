export { logLevelRoutes } from './routes';
export { LogLevelService } from './service';
