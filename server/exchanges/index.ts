export { exchangeRoutes } from './routes';
export { declareExchangeSchema } from './schema';
export { ExchangeService, type ExchangeServiceDeps } from './service';
