import type { HeaderTable } from '../../amqp';
import type { CompressionName } from './serialization/compression';
import type { SerializerName } from './serialization/serializers';
import type { Signature } from './signature';

/** How one task is sent: `apply_async`'s options (celery/app/base.py `send_task`), units in the names. */
export interface TaskOptions {
  /** Default: a new UUID. Any non-empty string of at most 255 bytes. */
  readonly taskId?: string | undefined;
  readonly queue?: string | undefined;
  readonly exchange?: string | undefined;
  readonly routingKey?: string | undefined;
  /** 0 to 255, default 0; it matters on queues with `x-max-priority`. */
  readonly priority?: number | undefined;
  /** Not before this many seconds from now; becomes `eta`. */
  readonly countdownSeconds?: number | undefined;
  /** Not before this moment. A string is ISO 8601; without an offset it is UTC. */
  readonly eta?: Date | string | undefined;
  /** Do not run after this moment. A number is seconds from now. */
  readonly expires?: number | Date | string | undefined;
  /** Hard limit: the worker stops the task. */
  readonly timeLimitSeconds?: number | undefined;
  /** Soft limit: the task is told, and may clean up. */
  readonly softTimeLimitSeconds?: number | undefined;
  readonly retries?: number | undefined;
  /** Custom headers, merged at the top level of the message's headers. */
  readonly headers?: HeaderTable | undefined;
  /** Name shown in events and logs in place of the task's. */
  readonly shadow?: string | undefined;
  readonly ignoreResult?: boolean | undefined;
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  readonly replyTo?: string | undefined;
  readonly link?: readonly Signature[] | undefined;
  readonly linkError?: readonly Signature[] | undefined;
  /** Steps still to come, in reverse: the last element runs next. */
  readonly chain?: readonly Signature[] | undefined;
  /** Body of the chord this task is a header task of. */
  readonly chord?: Signature | undefined;
  readonly stampedHeaders?: readonly string[] | undefined;
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
  readonly serializer?: SerializerName | undefined;
  readonly compression?: CompressionName | undefined;
  readonly argsrepr?: string | undefined;
  readonly kwargsrepr?: string | undefined;
  readonly origin?: string | undefined;
  readonly replacedTaskNesting?: number | undefined;
  /** 2 (default) survives a broker restart on a durable queue. */
  readonly deliveryMode?: 1 | 2 | undefined;
}
