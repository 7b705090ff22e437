/** What an exchange is to be declared as. */
export interface ExchangeDeclaration {
  readonly name: string;
  /** `direct`, `topic`, `fanout`, `headers` or a plugin's type. */
  readonly type: string;
  /** Default true. */
  readonly durable?: boolean | undefined;
  readonly autoDelete?: boolean | undefined;
  readonly internal?: boolean | undefined;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

/** What a queue is to be declared as. */
export interface QueueDeclaration {
  readonly name: string;
  /** Default true. */
  readonly durable?: boolean | undefined;
  readonly exclusive?: boolean | undefined;
  readonly autoDelete?: boolean | undefined;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

/** A queue bound to an exchange. */
export interface BindingDeclaration {
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

/** An exchange that takes what another one routes to it. */
export interface ExchangeBindingDeclaration {
  /** The destination. */
  readonly exchange: string;
  readonly source: string;
  readonly routingKey: string;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

/** What a passive declare tells of a queue. Messages delivered and not yet settled are not counted. */
export interface QueueStatus {
  readonly messageCount: number;
  readonly consumerCount: number;
}
