export { messageRoutes } from './routes';
export { publishSchema } from './schema';
export { MessageService, type MessageServiceDeps, type PublishCommand } from './service';
