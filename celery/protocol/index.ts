export { jsonPointer, MAX_ARGUMENT_DEPTH } from './argument-problems';
export type {
  Canvas,
  CanvasPlan,
  CanvasResult,
  ChainSignature,
  ChordSignature,
  ChordStep,
  GroupSignature,
  ResultTuple,
  StampingVisitor,
  TaskSignature,
} from './canvas';
export * as canvas from './canvas';
export { LamportClock } from './clock';
export {
  buildControlReply,
  buildControlRequest,
  type ControlCall,
  type ControlReply,
  type ControlRequest,
  controlRequestHeaders,
  type ReplyTo,
  readControlReply,
  readControlRequest,
} from './control';
export { DEAD_LETTER_EXCHANGE, DEAD_LETTER_SUFFIX, deadLetterQueueOf } from './dead-letter-names';
export {
  DELAYED_DELIVERY_EXCHANGE,
  DELAYED_ENTRY_EXCHANGE,
  type DelayedQueueType,
  type DelayedTopology,
  delayedRoutingKey,
  delayedTopology,
  isDelayedExchange,
  MAX_DELAY_SECONDS,
  queueDelayBinding,
  queueDelayKey,
  queueOfDelayKey,
  withoutDelayPrefix,
} from './delayed-delivery';
export { derivedIds } from './derived-ids';
export {
  BATCH_ROUTING_KEY,
  buildEvent,
  type CeleryEvent,
  type EventContext,
  type EventType,
  eventGroup,
  eventRoutingKey,
  readEvents,
  utcOffsetHours,
} from './event';
export {
  type DecodedException,
  decodeException,
  type EncodedException,
  encodeException,
  type PythonIdentity,
  pythonArgs,
  pythonIdentity,
} from './exception';
export { exceptionRepr } from './exception-repr';
export { globToRegExp } from './glob';
export { formatIsoTime, parseIsoTime } from './iso-time';
export type { JsonValue } from './json-value';
export {
  type BaseTaskMessage,
  completeTaskMessage,
  type Embed,
  type EncodedTaskMessage,
  encodeTaskMessage,
  type SendContext,
  type TaskBody,
  type TaskCall,
  type TaskEncoding,
  type TaskMessage,
} from './message';
export { type TaskTimes, taskTimes } from './message-times';
export { isAddressedTo } from './node-match';
export { anonNodename, defaultNodename, expandNodename, nodename, splitNodename } from './nodename';
export { exceptionText, PythonError } from './python-error';
export { pythonRepr, pythonReprArgs } from './python-repr';
export { contentOwnerOf, peekTaskName, type ReadOptions, readTaskMessage } from './read-task-message';
export { decodeTaskMeta, encodeTaskMeta, type TaskMeta } from './result';
export { DEAD_LETTER_HEADERS, isBrokerMark, REPLAY_COUNT_HEADER } from './road-headers';
export * from './serialization/index';
export { shareAcrossCopies } from './shared-class';
export {
  mergeSignature,
  type Signature,
  type SignatureOptions,
  type SignatureParts,
  type SubtaskType,
  signature,
} from './signature';
export {
  EXCEPTION_STATES,
  PROPAGATE_STATES,
  READY_STATES,
  statePrecedence,
  TaskState,
} from './states';
export { CELERY_OPTION_NAMES } from './task-option-names';
export type { TaskOptions } from './task-options';
export type {
  DeliveryInfo,
  IncomingMessage,
  MalformedReason,
  ReadOutcome,
  TaskRequest,
} from './task-request';
export {
  CELERY_EXCHANGES,
  celeryQueue,
  controlReplyQueue,
  eventQueue,
  mailboxQueue,
  type QueueTopology,
} from './topology';
export { exceptionLine, formatTraceback } from './traceback';
export { type UncheckedTask, validateTask } from './validate-task';
