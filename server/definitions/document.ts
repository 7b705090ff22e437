/** What RabbitMQ's definitions files say of one virtual host, in RabbitMQ's own names. */

type Arguments = Readonly<Record<string, unknown>>;

/** Files of a whole broker say of each item where it belongs; those of one virtual host do not. */
interface Placed {
  readonly vhost?: string;
}

export interface DefinedQueue extends Placed {
  readonly name: string;
  /** Newer brokers write it beside the argument `x-queue-type`. */
  readonly type?: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly arguments: Arguments;
}

export interface DefinedExchange extends Placed {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly internal: boolean;
  readonly arguments: Arguments;
}

export interface DefinedBinding extends Placed {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly arguments: Arguments;
}

export interface DefinedPolicy extends Placed {
  readonly name: string;
  readonly pattern: string;
  readonly 'apply-to': string;
  readonly priority: number;
  readonly definition: Arguments;
}

/** The parts of a document, each with its items. */
export interface Definitions {
  readonly queues: readonly DefinedQueue[];
  readonly exchanges: readonly DefinedExchange[];
  readonly bindings: readonly DefinedBinding[];
  readonly policies: readonly DefinedPolicy[];
}

export type Kind = keyof Definitions;

/** How many of each. */
export type Counts = Record<Kind, number>;

export const noCounts = (): Counts => ({ queues: 0, exchanges: 0, bindings: 0, policies: 0 });

/** With the type among them where only the item itself tells it; a queue without one is a classic queue. */
export function argumentsOf({ type, arguments: given }: DefinedQueue): Arguments {
  return type === undefined || type === 'classic' ? given : { 'x-queue-type': type, ...given };
}
