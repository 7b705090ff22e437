import type { HeaderTable, MessageProperties } from '../../amqp';
import type { Embed } from './message';

/** How a message reached this worker, as `request.delivery_info` has it. */
export interface DeliveryInfo {
  readonly exchange: string;
  readonly routingKey: string;
  readonly priority: number | null;
  readonly redelivered: boolean;
}

/** A task message as a worker works on it: read, checked, immutable (celery/worker/request.py `Request`). */
export interface TaskRequest {
  readonly id: string;
  readonly task: string;
  /** Name for events and logs; `null` when it is the task's. */
  readonly shadow: string | null;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
  /** Epoch milliseconds. */
  readonly eta: number | null;
  /** Epoch milliseconds. */
  readonly expires: number | null;
  readonly group: string | null;
  readonly groupIndex: number | null;
  readonly retries: number;
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly origin: string | null;
  /** `undefined`: the message does not say, the task's own setting counts. */
  readonly ignoreResult: boolean | undefined;
  readonly replacedTaskNesting: number;
  readonly stampedHeaders: readonly string[];
  readonly stamps: Readonly<Record<string, unknown>>;
  /** All headers of the message, the sender's own included. */
  readonly headers: HeaderTable;
  readonly replyTo: string | null;
  readonly correlationId: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly priority: number | null;
  readonly deliveryInfo: DeliveryInfo;
  readonly protocol: 1 | 2;
  readonly properties: MessageProperties;
  /** It came encrypted: what it says and answers is not to be told to monitors. */
  readonly hidden?: boolean;
}

/** A delivery's parts that reading needs. */
export interface IncomingMessage {
  readonly headers: HeaderTable;
  readonly properties: MessageProperties;
  readonly content: Buffer;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
}

/** Why a message is no task; stable codes for logs, dead-letter headers and counters. */
export type MalformedReason =
  | 'task_missing'
  | 'task_invalid'
  | 'id_missing'
  | 'id_invalid'
  | 'content_type_missing'
  | 'content_type_refused'
  | 'compression_unsupported'
  | 'decompress_failed'
  | 'content_too_large'
  | 'content_too_deep'
  | 'decode_failed'
  | 'protection_failed'
  | 'body_invalid'
  | 'args_invalid'
  | 'kwargs_invalid'
  | 'embed_invalid'
  | 'eta_invalid'
  | 'expires_invalid'
  | 'timelimit_invalid'
  | 'header_invalid';

/** What reading a message came to. */
export type ReadOutcome =
  | { readonly kind: 'task'; readonly request: TaskRequest }
  | {
      readonly kind: 'malformed';
      readonly reason: MalformedReason;
      readonly detail: string;
      /** Always `reject` today: a message we cannot read goes to the dead-letter exchange (docs/protocol.md). */
      readonly settle: 'ack' | 'reject';
      readonly taskId?: string | undefined;
      readonly task?: string | undefined;
    };
