export { defineSubscriber } from './define-subscriber';
export { Subscriber, type SubscriberDeps } from './subscriber';
export type {
  CheckedSubscriberSettings,
  SubscribedMessage,
  SubscriberContext,
  SubscriberDefinition,
  SubscriberHandler,
  SubscriberSettings,
} from './subscriber-definition';
export { Subscribers } from './subscribers';
