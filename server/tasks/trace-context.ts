import type { TaskSubmission } from '../../celery';
import { type TraceHeaders, traceContextOf } from '../../runtime';

export type { TraceHeaders } from '../../runtime';

/** Headers of a task as part of the caller's trace; its own win. What is no trace context is left out. */
export function tracedHeaders<T>(
  own: Readonly<Record<string, T>> | undefined,
  headers: TraceHeaders,
): Readonly<Record<string, T | string>> | undefined {
  if (own?.traceparent !== undefined) return own;
  const trace = traceContextOf(headers);
  return trace === undefined ? own : { ...trace, ...own };
}

/**
 * The task as part of the caller's trace: `traceparent` and `tracestate` go into the message's headers, where tracing
 * libraries and our worker look for them.
 */
export function traced(task: TaskSubmission, trace: TraceHeaders): TaskSubmission {
  const own = task.options?.headers;
  const headers = tracedHeaders(own, trace);
  return headers === own ? task : { ...task, options: { ...task.options, headers } };
}
