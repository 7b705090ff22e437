import { type ConnectionErrorCode, type QueueErrorCode, RabbitMQError } from '../amqp';
import type { TaskErrorCode } from '../celery';

/** What only the gateway can say. */
export type GatewayErrorCode =
  | 'BODY_MALFORMED'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'REQUEST_INVALID'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NAME_NOT_ALLOWED'
  | 'RATE_LIMITED'
  | 'CONFIRMATION_REQUIRED'
  | 'AUDIT_UNAVAILABLE'
  | 'IDENTITY_UNAVAILABLE'
  | 'KEY_NOT_FOUND'
  | 'KEY_EXISTS'
  | 'KEYS_READ_ONLY'
  | 'KEYS_UNAVAILABLE'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'TASK_NOT_FOUND'
  | 'TASK_NOT_RECORDED'
  | 'TASK_NOT_FINISHED'
  | 'WORKFLOW_NOT_FOUND'
  | 'WORKFLOW_CONFLICT'
  | 'ARGUMENTS_INVALID'
  | 'IDEMPOTENCY_IN_FLIGHT'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IDEMPOTENCY_UNAVAILABLE'
  | 'MESSAGE_NOT_A_TASK'
  | 'MESSAGE_NOT_FOUND'
  | 'REPLY_TIMEOUT'
  | 'QUEUE_TYPE_UNSUPPORTED'
  | 'OPERATION_NOT_FOUND'
  | 'OPERATION_CONFLICT'
  | 'OPERATIONS_SATURATED'
  | 'POLICY_NOT_FOUND'
  | 'CONNECTION_NOT_FOUND'
  | 'WEBHOOK_NOT_FOUND'
  | 'WEBHOOKS_FULL'
  | 'DELIVERY_NOT_FOUND'
  | 'CALLBACKS_DISABLED'
  | 'MANAGEMENT_NOT_CONFIGURED'
  | 'MANAGEMENT_FAILED'
  | 'TOO_MANY_STREAMS'
  | 'WORKER_NOT_FOUND'
  | 'SCHEDULE_NOT_FOUND'
  | 'SCHEDULE_EXISTS'
  | 'SCHEDULES_FULL'
  | 'QUEUE_NOT_PAUSED'
  | 'CONCURRENT_CHANGE'
  | 'VERSION_MISMATCH'
  | 'MESSAGING_DISABLED'
  | 'NOT_READY'
  | 'SHUTTING_DOWN'
  | 'INTERNAL_ERROR';

/** Every code a problem document may carry. */
export type ProblemCode = ConnectionErrorCode | QueueErrorCode | TaskErrorCode | GatewayErrorCode;

/** A place in the request and what is wrong there. */
export interface InputProblem {
  /** RFC 6901 pointer into the body; the name of the parameter for queries. */
  readonly pointer: string;
  readonly detail: string;
}

/** Raised by the gateway itself. Like all errors here it knows no HTTP status. */
export class GatewayError extends RabbitMQError<GatewayErrorCode> {}

/** An input error with its places. */
export function inputError(
  code:
    | 'BODY_MALFORMED'
    | 'REQUEST_INVALID'
    | 'MESSAGE_NOT_A_TASK'
    | 'NAME_NOT_ALLOWED'
    | 'ARGUMENTS_INVALID',
  message: string,
  errors: readonly InputProblem[],
): GatewayError {
  return new GatewayError(code, message, { details: { errors } });
}
