import type { HeaderTable } from '../../amqp';
import type { TaskRequest } from '../../celery/protocol';

/** W3C trace context of a message, as OpenTelemetry's Celery instrumentation writes it into the headers. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** The trace a task belongs to; undefined where its sender traces nothing. */
export function traceContext({ headers }: Pick<TaskRequest, 'headers'>): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return undefined;
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}

/** A child's headers: the parent's trace, unless it has one of its own. */
export function withTrace(
  request: Pick<TaskRequest, 'headers'>,
  headers: HeaderTable | undefined,
): HeaderTable | undefined {
  const trace = traceContext(request);
  if (trace === undefined || headers?.traceparent !== undefined) return headers;
  return { ...headers, ...trace };
}
