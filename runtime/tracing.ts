import type * as OpenTelemetry from '@opentelemetry/api';
import { spanReference, type TraceContext, type TraceHeaders, traceContextOf } from './trace-context';

const API = '@opentelemetry/api';
/** Where all copies of the package, up to its next major version, keep what was registered. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');
const TRACER = 'celery-gateway';

/** Of OpenTelemetry's semantic conventions, or Celery's own; undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

/** What a span begins with. */
export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'producer' | 'consumer';
  readonly attributes: SpanAttributes;
  /** The span it belongs under is the one their trace context names; without one it begins a trace. */
  readonly parent: TraceHeaders;
}

/** A span that has begun. */
export interface Span {
  /** What names it as the parent of others. */
  readonly context: TraceContext;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  event(name: string, attributes: SpanAttributes): void;
  /** It ended badly. `type` is short and one of few: an error code, a class. */
  fail(type: string, error?: unknown): void;
  end(): void;
  /** Calls the function with this span as the active one, so that spans of other libraries go under it. */
  run<T>(call: () => T): T;
}

/** Makes the spans of this program. */
export interface Tracing {
  start(span: SpanStart): Span;
  /** The span that is active here, made by somebody else; undefined without one. */
  active(): Span | undefined;
  /** Calls the function with the span these headers name as the active one. */
  within<T>(parent: TraceHeaders, call: () => T): T;
}

/**
 * Spans through OpenTelemetry, where the program has registered an SDK before; else undefined, and nothing is to be done for
 * traces. `@opentelemetry/api` is an optional peer dependency: it is loaded here, where it is used, and nowhere else.
 */
export function openTracing(): Tracing | undefined {
  const otel = REGISTRY in globalThis ? loadApi() : undefined;
  return otel === undefined || !hasSdk(otel) ? undefined : new OpenTelemetryTracing(otel);
}

function loadApi(): typeof OpenTelemetry | undefined {
  try {
    return require(API) as typeof OpenTelemetry;
  } catch {
    return undefined;
  }
}

/** Until an SDK is registered, the provider is a proxy that stands for none. */
function hasSdk({ trace }: typeof OpenTelemetry): boolean {
  const provider = trace.getTracerProvider() as Partial<OpenTelemetry.ProxyTracerProvider>;
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(TRACER) !== undefined;
}

class OpenTelemetryTracing implements Tracing {
  readonly #otel: typeof OpenTelemetry;
  readonly #tracer: OpenTelemetry.Tracer;

  constructor(otel: typeof OpenTelemetry) {
    this.#otel = otel;
    this.#tracer = otel.trace.getTracer(TRACER);
  }

  start({ name, kind, attributes, parent }: SpanStart): Span {
    const kinds = this.#otel.SpanKind;
    const spanKind = { server: kinds.SERVER, producer: kinds.PRODUCER, consumer: kinds.CONSUMER }[kind];
    const options = { kind: spanKind, attributes: present(attributes) };
    const under = kind === 'producer' ? this.#nearest(parent) : this.#named(parent);
    return new OpenTelemetrySpan(this.#otel, this.#tracer.startSpan(name, options, under));
  }

  active(): Span | undefined {
    const span = this.#otel.trace.getActiveSpan();
    const isOne = span !== undefined && this.#otel.isSpanContextValid(span.spanContext());
    return isOne ? new OpenTelemetrySpan(this.#otel, span) : undefined;
  }

  within<T>(parent: TraceHeaders, call: () => T): T {
    return this.#otel.context.with(this.#named(parent), call);
  }

  /** The span of the headers, and no other: what is active may be left over from whoever set a timer or freed a slot. */
  #named(headers: TraceHeaders): OpenTelemetry.Context {
    const { trace, createTraceState, ROOT_CONTEXT } = this.#otel;
    const given = traceContextOf(headers);
    const named = spanReference(given?.traceparent);
    if (named === undefined) return ROOT_CONTEXT;
    const { traceId, spanId, flags: traceFlags } = named;
    const traceState = given?.tracestate === undefined ? undefined : createTraceState(given.tracestate);
    const parent = { traceId, spanId, traceFlags, isRemote: true };
    return trace.setSpanContext(ROOT_CONTEXT, traceState === undefined ? parent : { ...parent, traceState });
  }

  /** Of what is sent: where the active span is of the same trace, the code that sends has made it within the span of the headers. */
  #nearest(headers: TraceHeaders): OpenTelemetry.Context {
    const traceId = spanReference(headers.traceparent)?.traceId;
    const active = this.#otel.trace.getActiveSpan()?.spanContext();
    const within = traceId !== undefined && active?.traceId === traceId;
    return within ? this.#otel.context.active() : this.#named(headers);
  }
}

class OpenTelemetrySpan implements Span {
  readonly #otel: typeof OpenTelemetry;
  readonly #span: OpenTelemetry.Span;
  readonly context: TraceContext;

  constructor(otel: typeof OpenTelemetry, span: OpenTelemetry.Span) {
    this.#otel = otel;
    this.#span = span;
    this.context = headersOf(span.spanContext());
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(present(attributes));
  }

  event(name: string, attributes: SpanAttributes): void {
    this.#span.addEvent(name, present(attributes));
  }

  fail(type: string, error?: unknown): void {
    if (error !== undefined) this.#span.recordException(error instanceof Error ? error : String(error));
    const message = error instanceof Error ? { message: error.message } : {};
    this.#span.setStatus({ code: this.#otel.SpanStatusCode.ERROR, ...message });
    this.#span.setAttribute('error.type', type);
  }

  end(): void {
    this.#span.end();
  }

  run<T>(call: () => T): T {
    const { context, trace, ROOT_CONTEXT } = this.#otel;
    return context.with(trace.setSpan(ROOT_CONTEXT, this.#span), call);
  }
}

function headersOf({ traceId, spanId, traceFlags, traceState }: OpenTelemetry.SpanContext): TraceContext {
  const flags = traceFlags.toString(16).padStart(2, '0');
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  const tracestate = traceState?.serialize();
  return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate };
}

function present(attributes: SpanAttributes): OpenTelemetry.Attributes {
  const known: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) known[name] = value;
  return known;
}
