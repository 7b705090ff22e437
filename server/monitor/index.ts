export { logRoutes } from './log-routes';
export { ResultForgetting } from './result-forgetting';
export { monitorRoutes } from './routes';
export { type TaskFilterQuery, taskFilterKeys, taskFilterOf } from './schema-filter';
export { streamRoutes } from './stream-routes';
export { TaskList } from './task-list';
export { TaskStreams } from './task-streams';
export { taskRow } from './view';
