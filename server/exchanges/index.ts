export { exchangeRoutes } from './routes';
export { ExchangeService, type ExchangeServiceDeps } from './service';
