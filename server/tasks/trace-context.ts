import type { IncomingHttpHeaders } from 'node:http';
import type { TaskSubmission } from '../../celery';

/** W3C Trace Context, version 00 and those to come; ids of zeros mean none. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.{0,128})?$/;
/** Printable ASCII; 512 characters is what the standard has everyone pass on. */
const TRACESTATE = /^[ -~]{1,512}$/;

/**
 * The task as part of the caller's trace: `traceparent` and `tracestate` go into the message's headers, where tracing
 * libraries and our worker look for them. Headers of the task's own win; what is no trace context is left out.
 */
export function traced(
  task: TaskSubmission,
  { traceparent, tracestate }: IncomingHttpHeaders,
): TaskSubmission {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return task;
  const own = task.options?.headers;
  if (own?.traceparent !== undefined) return task;
  const state = typeof tracestate === 'string' && TRACESTATE.test(tracestate) ? { tracestate } : {};
  return { ...task, options: { ...task.options, headers: { traceparent, ...state, ...own } } };
}
