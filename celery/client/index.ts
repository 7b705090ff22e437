export {
  type CanvasCall,
  CanvasPublisher,
  type CanvasPublisherOptions,
  type PublishedCanvas,
  type Repeat,
} from './canvas-publisher';
export { CeleryClient } from './celery-client';
export type { ChordCounter, Continuation, DividedStep, NextStep } from './chord-counter';
export type { CeleryClientOptions, SubmittedTask, TaskSubmission } from './client-options';
export {
  type DelayableTopology,
  DelayedDelivery,
  type DelayedDeliveryOptions,
  type DelayMode,
} from './delayed-delivery';
export {
  type Destination,
  type RoutedTask,
  type RouteFunction,
  type RouteTarget,
  type TaskRoute,
  TaskRouter,
  type TaskRouterOptions,
  withDefaults,
} from './router';
export { destinationName, messageAttributes, type SendTracing } from './send-span';
