import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { until } from './until';

/** A span that has ended, by what tests ask of it. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: string;
  readonly trace: string;
  readonly id: string;
  /** Id of the span it is under. */
  readonly parent: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: ReadableSpan['status'];
  readonly events: readonly string[];
}

/** OpenTelemetry's SDK, registered for this test file, and the spans that ended. */
export class RecordedSpans {
  readonly #exporter = new InMemorySpanExporter();

  private constructor(sampler: Sampler | undefined) {
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors, ...(sampler === undefined ? {} : { sampler }) }),
    );
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  /** As an application does before it makes its gateway or worker. */
  static register(sampler?: Sampler): RecordedSpans {
    return new RecordedSpans(sampler);
  }

  get all(): readonly EndedSpan[] {
    return this.#exporter.getFinishedSpans().map(ended);
  }

  named(name: string): readonly EndedSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  /** The one span that this is true of, once it has ended. */
  one(matches: (span: EndedSpan) => boolean): Promise<EndedSpan> {
    return until(async () => {
      const [found, ...others] = this.all.filter(matches);
      if (others.length > 0) throw new Error(`several spans match: ${others.map(({ name }) => name)}`);
      return found;
    });
  }

  forget(): void {
    this.#exporter.reset();
  }

  unregister(): void {
    trace.disable();
    context.disable();
  }
}

const ended = (span: ReadableSpan): EndedSpan => ({
  name: span.name,
  kind: SpanKind[span.kind],
  trace: span.spanContext().traceId,
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId,
  attributes: span.attributes,
  status: span.status,
  events: span.events.map(({ name }) => name),
});
