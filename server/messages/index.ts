export { ExchangeFeed, type ExchangeFeedDeps } from './exchange-feed';
export { type MessageRoutesDeps, messageRoutes } from './routes';
export { publishSchema } from './schema';
export { MessageService, type MessageServiceDeps, type PublishCommand } from './service';
export { type MessageStreamDeps, messageStreamRoute } from './stream-route';
