export { PauseBook } from './pause-book';
export { type QueuePause, readQueuePause } from './queue-pause';
export { pauseRoutes } from './routes';
export { PauseService, type PauseServiceDeps } from './service';
export { PauseWatch, type PauseWatchDeps } from './watch';
