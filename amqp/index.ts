/** The channel type of the library, so that nobody else needs to import it. */
export type { Channel, ConfirmChannel } from 'amqplib';
export { type BrokerUrlParts, brokerUrl, checkedBrokerUrl, parseBrokerUrl, redactUrl } from './broker-url';
export { ChannelPublisher, type ChannelPublisherOptions } from './channel-publisher';
export { closeChannel } from './close-channel';
export { AmqpConnection } from './connection';
export type {
  AmqpConnectionEvents,
  AmqpConnectionOptions,
  BrokerDescription,
  ConnectionState,
  TlsOptions,
} from './connection-options';
export { AmqpConnections } from './connections';
export { AmqpConsumer, type ConsumeArguments, type ConsumerOptions } from './consumer';
export { withDeadline } from './deadline';
export type {
  BindingDeclaration,
  ExchangeBindingDeclaration,
  ExchangeDeclaration,
  QueueDeclaration,
  QueueStatus,
} from './declarations';
export type { Delivery } from './delivery';
export { type DirectReply, requestReply } from './direct-request';
export { hasCode, toRabbitMQError } from './error-mapping';
export {
  ConnectionError,
  type ConnectionErrorCode,
  QueueError,
  type QueueErrorCode,
  RabbitMQError,
  type RabbitMQErrorOptions,
} from './errors';
export { decodeHeaders, encodeHeaders } from './header-table';
export type { AmqpLogger } from './log';
export type { HeaderTable, HeaderValue, MessageProperties } from './message';
export { copyOf, type MessageCopy } from './message-copy';
export type { PublishRequest } from './message-validation';
export { ConfirmPublisher, type PublisherOptions } from './publisher';
export type { QueueArguments } from './queue-arguments';
export { QueueCursor, type QueueCursorOptions } from './queue-cursor';
export { type PeekedMessage, peekQueue } from './queue-peek';
export { SettlingQueues } from './settling-queues';
export { Topology } from './topology';
