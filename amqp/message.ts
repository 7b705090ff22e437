/**
 * A value of an AMQP field table as this house hands it round. Integers are `number` while they are exact and `bigint`
 * beyond 2^53; a `Date` is AMQP's timestamp (whole seconds).
 */
export type HeaderValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Buffer
  | readonly HeaderValue[]
  | HeaderTable;

/** An AMQP field table: the `headers` property of a message. Absent and `undefined` mean the same. */
export interface HeaderTable {
  readonly [key: string]: HeaderValue | undefined;
}

/** The `basic` class properties of AMQP 0-9-1, by their own names in camel case. */
export interface MessageProperties {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly headers?: HeaderTable | undefined;
  /** 1 transient, 2 persistent. */
  readonly deliveryMode?: 1 | 2 | undefined;
  /** 0 to 255. */
  readonly priority?: number | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Time to live in milliseconds, as a decimal string. */
  readonly expiration?: string | undefined;
  readonly messageId?: string | undefined;
  /** Seconds since the epoch. */
  readonly timestamp?: number | undefined;
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly appId?: string | undefined;
}
