import type { TaskSubmission } from '../../celery';

/** W3C Trace Context, version 00 and those to come; ids of zeros mean none. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.{0,128})?$/;
/** Printable ASCII; 512 characters is what the standard has everyone pass on. */
const TRACESTATE = /^[ -~]{1,512}$/;

/** Headers of a request, `traceparent` and `tracestate` perhaps among them. */
export type TraceHeaders = Readonly<Record<string, unknown>>;

/** Headers of a task as part of the caller's trace; its own win. What is no trace context is left out. */
export function tracedHeaders<T>(
  own: Readonly<Record<string, T>> | undefined,
  { traceparent, tracestate }: TraceHeaders,
): Readonly<Record<string, T | string>> | undefined {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return own;
  if (own?.traceparent !== undefined) return own;
  const state = typeof tracestate === 'string' && TRACESTATE.test(tracestate) ? { tracestate } : {};
  return { traceparent, ...state, ...own };
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
