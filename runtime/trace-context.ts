/** W3C trace context, as the headers of requests and messages carry it. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Headers of a request or a message, `traceparent` and `tracestate` perhaps among them. */
export type TraceHeaders = Readonly<Record<string, unknown>>;

/** Which span of which trace; `flags` says whether it is sampled. */
export interface SpanReference {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** Version 00 and those to come; ids of zeros mean none. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.{0,128})?$/;
/** Printable ASCII; 512 characters is what the standard has everyone pass on. */
const TRACESTATE = /^[ -~]{1,512}$/;

/** The span that `traceparent` names; undefined for what is no trace context. */
export function spanReference(traceparent: unknown): SpanReference | undefined {
  const [, traceId, spanId, flags] =
    (typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** The trace context of these headers; undefined where they have none. */
export function traceContextOf({ traceparent, tracestate }: TraceHeaders): TraceContext | undefined {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined;
  const stated = typeof tracestate === 'string' && TRACESTATE.test(tracestate);
  return stated ? { traceparent, tracestate } : { traceparent };
}
