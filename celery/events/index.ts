export { EventDispatcher, type EventDispatcherOptions } from './event-dispatcher';
export { EventReceiver, type EventReceiverOptions } from './event-receiver';
export type { ReceivedEvent } from './received-event';
export { TaskEvents, type TaskEventsOptions } from './task-events';
export type { TaskSnapshot } from './task-snapshot';
export { WorkerDirectory, type WorkerDirectoryOptions, type WorkerSnapshot } from './worker-directory';
