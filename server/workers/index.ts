export { COMMANDS, type CommandName, type WorkerCommand } from './commands';
export { workerRoutes } from './routes';
export { type WorkerOutcome, WorkerService, type WorkerServiceDeps } from './service';
