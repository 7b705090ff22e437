/** What RabbitMQ's management API answers, as far as it is used here. Fields are absent while statistics are young. */

export interface Rate {
  readonly rate?: number;
}

export interface MessageStats {
  readonly publish_details?: Rate;
  readonly deliver_get_details?: Rate;
  readonly ack_details?: Rate;
  readonly redeliver_details?: Rate;
  readonly publish_in_details?: Rate;
  readonly publish_out_details?: Rate;
}

export interface ManagedQueue {
  readonly name: string;
  readonly type?: string;
  readonly durable?: boolean;
  readonly auto_delete?: boolean;
  readonly exclusive?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly state?: string;
  readonly policy?: string | null;
  readonly messages?: number;
  readonly messages_ready?: number;
  readonly messages_unacknowledged?: number;
  readonly message_bytes?: number;
  /** Of the statistics: seconds old. */
  readonly consumers?: number;
  /** One for each consumer, a few seconds old; only of a queue that is asked for by name. */
  readonly consumer_details?: readonly ManagedConsumer[];
  readonly effective_policy_definition?: Readonly<Record<string, unknown>> | readonly unknown[] | null;
  readonly message_stats?: MessageStats;
}

export interface ManagedConsumer {
  readonly consumer_tag: string;
  readonly ack_required?: boolean;
  readonly active?: boolean;
  readonly exclusive?: boolean;
  readonly prefetch_count?: number;
  /** An empty list while statistics are young, which has none of these either. */
  readonly channel_details?: { readonly connection_name?: string; readonly user?: string };
}

export interface ManagedExchange {
  readonly name: string;
  readonly type: string;
  readonly durable?: boolean;
  readonly auto_delete?: boolean;
  readonly internal?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly policy?: string | null;
  readonly message_stats?: MessageStats;
}

export interface ManagedBinding {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: string;
  readonly routing_key: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export interface ManagedConnection {
  readonly name: string;
  readonly user_provided_name?: string;
  readonly user?: string;
  readonly peer_host?: string;
  readonly peer_port?: number;
  readonly ssl?: boolean;
  readonly state?: string;
  readonly channels?: number;
  /** Epoch milliseconds. */
  readonly connected_at?: number;
  readonly client_properties?: { readonly product?: string };
}

export type PolicyTarget = 'queues' | 'exchanges' | 'all';

export interface PolicyDefinition {
  readonly pattern: string;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly priority: number;
  readonly 'apply-to': string;
}

export interface ManagedPolicy extends PolicyDefinition {
  readonly name: string;
}

/** One page of a listing. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total_count: number;
  readonly filtered_count: number;
}
