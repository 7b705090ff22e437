export { COMMANDS, type CommandName, type WorkerCommand } from './commands';
export { outcomesOf, type WorkerOutcome } from './outcomes';
export { workerRoutes } from './routes';
export { WorkerService, type WorkerServiceDeps } from './service';
