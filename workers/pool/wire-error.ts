import {
  ConnectionError,
  type ConnectionErrorCode,
  QueueError,
  type QueueErrorCode,
  RabbitMQError,
} from '../../amqp';
import { PythonError, pythonArgs, pythonIdentity } from '../../celery/protocol';
import { SoftTimeLimitExceeded } from '../execution';
import { portable } from './portable';

/** An error on its way between threads: its Python identity, its stack and its causes survive, its class does not. */
export interface WireError {
  readonly type: string;
  readonly module: string | null;
  readonly args: readonly unknown[];
  readonly stack: string;
  readonly cause?: WireError;
  /** The errors of messaging keep their code, which tasks decide by. */
  readonly messaging?: {
    readonly family: string;
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly details: unknown;
  };
}

const MAX_CAUSES = 5;

export function errorToWire(error: unknown, causesLeft = MAX_CAUSES): WireError {
  const { type, module } = pythonIdentity(error);
  const { cause, stack } = (error ?? {}) as { readonly cause?: unknown; readonly stack?: unknown };
  return {
    type,
    module,
    args: pythonArgs(error).map(storable),
    stack: typeof stack === 'string' ? stack : '',
    ...(cause === undefined || causesLeft === 0 ? {} : { cause: errorToWire(cause, causesLeft - 1) }),
    ...(error instanceof RabbitMQError ? { messaging: messagingOf(error) } : {}),
  };
}

export function errorFromWire(wire: WireError): Error {
  const cause = wire.cause === undefined ? undefined : errorFromWire(wire.cause);
  const error = classFor(wire, cause);
  // The traceback of a result is read from the stack: it must show where the task failed, not this line.
  error.stack = wire.stack;
  return error;
}

function classFor(wire: WireError, cause: unknown): Error {
  const { type, module, args, messaging } = wire;
  if (messaging !== undefined) return messagingError(messaging, cause);
  if (type === 'SoftTimeLimitExceeded') return new SoftTimeLimitExceeded();
  return new PythonError(type, module, args, cause === undefined ? undefined : { cause });
}

const messagingOf = (error: RabbitMQError): NonNullable<WireError['messaging']> => ({
  family: error.name,
  code: error.code,
  message: error.message,
  retryable: error.retryable,
  details: storable(error.details),
});

function messagingError(wire: NonNullable<WireError['messaging']>, cause: unknown): RabbitMQError {
  const details = (wire.details ?? {}) as Readonly<Record<string, unknown>>;
  const options = { retryable: wire.retryable, details, cause };
  switch (wire.family) {
    case 'ConnectionError':
      return new ConnectionError(wire.code as ConnectionErrorCode, wire.message, options);
    case 'QueueError':
      return new QueueError(wire.code as QueueErrorCode, wire.message, options);
    default: {
      const error = new RabbitMQError(wire.code, wire.message, options);
      error.name = wire.family;
      return error;
    }
  }
}

/** An argument that cannot cross is shown instead: it must not hide the error it belongs to. */
function storable(value: unknown): unknown {
  try {
    return structuredClone(portable(value));
  } catch {
    return String(value);
  }
}
