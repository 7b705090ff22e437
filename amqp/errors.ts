/** What every error of this project's messaging carries. */
export interface RabbitMQErrorOptions {
  /** Whether the same call may succeed later without being changed. */
  readonly retryable?: boolean | undefined;
  /** Facts for logs and problem documents; never a credential. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/**
 * Base of all messaging errors: few classes, many codes. It knows nothing of HTTP; one file of the server maps codes to
 * problem documents.
 */
export class RabbitMQError<C extends string = string> extends Error {
  readonly code: C;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: C, message: string, options: RabbitMQErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** The link to the broker, or a channel of it, failed. */
export type ConnectionErrorCode =
  | 'BROKER_UNREACHABLE'
  | 'CONNECTION_LOST'
  | 'CONNECTION_BLOCKED'
  | 'CHANNEL_CLOSED'
  | 'ACCESS_REFUSED';

/** A queue, an exchange or a message was refused, or its fate is not known (`PUBLISH_UNKNOWN`). */
export type QueueErrorCode =
  | 'QUEUE_NOT_FOUND'
  | 'EXCHANGE_NOT_FOUND'
  | 'UNROUTABLE'
  | 'PRECONDITION_FAILED'
  | 'COMMAND_INVALID'
  | 'RESOURCE_LOCKED'
  | 'PUBLISH_NACKED'
  | 'PUBLISH_UNKNOWN'
  | 'PUBLISHER_SATURATED'
  | 'QUEUE_SETTLING'
  | 'MESSAGE_INVALID';

/** Raised when the broker cannot be reached, the link is lost or blocked, or access is refused. */
export class ConnectionError extends RabbitMQError<ConnectionErrorCode> {}

/** Raised when a queue, an exchange or a published message is refused, or a publish's fate is unknown. */
export class QueueError extends RabbitMQError<QueueErrorCode> {}
