/** The words of the lower layers that task authors meet; re-exported so that one import path is enough for them. */
export type { HeaderTable } from '../amqp';
export type { RoutedTask, RouteFunction, TaskRoute } from '../celery/client';
export type { Signature, TaskOptions, TaskRequest } from '../celery/protocol';
