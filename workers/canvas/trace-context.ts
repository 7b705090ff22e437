import type { HeaderTable } from '../../amqp';
import type { TaskRequest } from '../../celery/protocol';
import { spanReference, type TraceContext } from '../../runtime';

export type { TraceContext } from '../../runtime';

/** The trace a task belongs to; undefined where its sender traces nothing. */
export function traceContext({ headers }: Pick<TaskRequest, 'headers'>): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return undefined;
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}

/**
 * A child's headers: the parent's trace, unless it has one of its own. One of the same trace is from further up: a canvas has it
 * in all its signatures from whoever sent the whole, and the task that sends the step is its nearer parent.
 */
export function withTrace(
  request: Pick<TaskRequest, 'headers'>,
  headers: HeaderTable | undefined,
): HeaderTable | undefined {
  const trace = traceContext(request);
  if (trace === undefined) return headers;
  const own = headers?.traceparent;
  const traceId = spanReference(trace.traceparent)?.traceId;
  const isOfOther = own !== undefined && (traceId === undefined || spanReference(own)?.traceId !== traceId);
  return isOfOther ? headers : { ...headers, ...trace };
}
