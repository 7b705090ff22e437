export { brokerTls, brokerUrls } from './broker-options';
export { explained } from './broker-refusal';
export { CeleryQueues } from './celery-queues';
export { disabledPort } from './disabled-port';
export { EventFeed, type EventFeedDeps } from './event-feed';
export type {
  ManagedBinding,
  ManagedConnection,
  ManagedConsumer,
  ManagedExchange,
  ManagedPolicy,
  ManagedQueue,
  MessageStats,
  PolicyDefinition,
} from './management-answers';
export { ManagementClient, type ManagementClientOptions, requiredManagement } from './management-client';
export type {
  MessagingHealth,
  MessagingService,
  PartHealth,
  QueueInfo,
  RawMessage,
  TaskKnowledge,
} from './messaging-service';
export { NamePolicy } from './name-policy';
export { messagingDisabled, NoOpMessagingService } from './no-op-messaging-service';
export { QueueWork, type QueueWorkDeps } from './queue-work';
export { RabbitMQService, type RabbitMQServiceDeps } from './rabbitmq-service';
export { RecalledResults, type RecalledResultsDeps } from './recalled-results';
export { RESULT_GRACE_MS, UnheardEnds, type UnheardEndsDeps } from './unheard-ends';
