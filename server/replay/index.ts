export { type ReplayRoutesDeps, replayRoutes } from './routes';
export { ReplayService, type ReplayServiceDeps } from './service';
