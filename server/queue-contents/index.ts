export { messageSchema, payloadSchema, propertiesSchema } from './answers';
export { filterOf, selectionOf, targetOf } from './commands';
export { type DeadLetterMark, deadLetterMark, replayCount } from './dead-letter-mark';
export type { MessageFilter } from './message-filter';
export { idOf, plainValue, type ReadMessage, type ReadPayload, readMessage } from './read-message';
export { queueContentsRoutes } from './routes';
export {
  type FilterBody,
  filterFields,
  filterSchema,
  findQuerySchema,
  forceField,
  messageIdSchema,
  type SelectionBody,
  selectionFields,
  type TargetBody,
  targetSchema,
} from './schema';
export {
  messageOf,
  type Peek,
  type QueueContentsDeps,
  QueueContentsService,
  type Selection,
  type Target,
  type TransferCommand,
} from './service';
export { Sweep, type SweepBroker, type SweepPlan } from './sweep';
export { isoTime, messageView, peekView, propertiesView } from './view';
