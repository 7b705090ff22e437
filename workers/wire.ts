/** The words (and, for building canvases, the functions) of the lower layers that task authors meet; re-exported so that one import path is enough for them. */
export type { HeaderTable } from '../amqp';
export type { RoutedTask, RouteFunction, TaskRoute } from '../celery/client';
export {
  type Canvas,
  type CanvasResult,
  canvas,
  type ResultTuple,
  type Signature,
  type TaskOptions,
  type TaskRequest,
} from '../celery/protocol';
export {
  type ContentProtection,
  loadProtection,
  PayloadEncryption,
  type ProtectionSettings,
  parseEncryptionKeys,
} from '../celery/security';
