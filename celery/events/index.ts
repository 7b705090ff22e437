export { EventDispatcher, type EventDispatcherOptions } from './event-dispatcher';
export { EventReceiver, type EventReceiverOptions, type EventSource } from './event-receiver';
export type { ReceivedEvent } from './received-event';
export { WorkerDirectory, type WorkerDirectoryOptions, type WorkerSnapshot } from './worker-directory';
