import { type HeaderTable, RabbitMQError } from '../../amqp';
import type { Destination } from './router';

/** What of a span a client needs. */
export interface SendSpan {
  /** `traceparent` and perhaps `tracestate`: they go into the message, so that who runs it continues the trace. */
  readonly context: { readonly traceparent: string; readonly tracestate?: string };
  fail(type: string, error?: unknown): void;
  end(): void;
}

/** Where a client has its spans made. */
export interface SendTracing {
  start(span: {
    readonly name: string;
    readonly kind: 'producer';
    readonly attributes: Readonly<Record<string, string | number | undefined>>;
    readonly parent: HeaderTable;
  }): SendSpan;
}

/** A task about to be sent. */
export interface SentTask {
  readonly taskId: string;
  readonly name: string;
  readonly destination: Pick<Destination, 'exchange' | 'routingKey'>;
  /** Its headers so far: a trace context among them is continued. */
  readonly headers: HeaderTable | undefined;
}

/** A destination as OpenTelemetry's conventions for RabbitMQ name it: what is empty or said already is left out. */
export function destinationName(exchange: string, routingKey: string, queue = ''): string {
  return [exchange, routingKey, queue === routingKey ? '' : queue].filter((part) => part !== '').join(':');
}

/** What all spans of a task's message say; `celery.*` as Python's instrumentation of Celery has them. */
export function messageAttributes(
  task: { readonly id: string; readonly name: string; readonly action: 'apply_async' | 'run' },
  to: { readonly name: string; readonly routingKey: string; readonly operation: 'send' | 'process' },
): Readonly<Record<string, string>> {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': to.operation,
    'messaging.operation.type': to.operation,
    'messaging.destination.name': to.name,
    'messaging.rabbitmq.destination.routing_key': to.routingKey,
    'messaging.message.id': task.id,
    'celery.action': task.action,
    'celery.task_name': task.name,
  };
}

/** Begins the span of one task on its way to the broker, which ends with the confirm. */
export function sendSpan(
  tracing: SendTracing,
  { taskId: id, name, destination, headers }: SentTask,
): SendSpan {
  const { exchange, routingKey } = destination;
  const to = destinationName(exchange, routingKey);
  return tracing.start({
    name: `send ${to}`,
    kind: 'producer',
    attributes: messageAttributes(
      { id, name, action: 'apply_async' },
      { name: to, routingKey, operation: 'send' },
    ),
    parent: headers ?? {},
  });
}

/** Options or properties whose headers say that the span is the task's parent. */
export const inSpan = <T extends { readonly headers?: HeaderTable | undefined }>(
  sent: T,
  span: SendSpan,
): T => ({
  ...sent,
  headers: { ...sent.headers, ...span.context },
});

/** What an error is called in a span: one of few words. */
export const errorType = (error: unknown): string =>
  error instanceof RabbitMQError ? error.code : error instanceof Error ? error.name : 'Error';
