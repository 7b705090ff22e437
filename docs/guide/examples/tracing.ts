import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { createWorker, defineTask, type Worker } from 'celery-gateway';

/** Registers OpenTelemetry's SDK. Its result is flushed when the program ends. */
export function sendSpansTo(exporter: SpanExporter): BasicTracerProvider {
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return provider;
}

const price = defineTask('guide.price', { params: ['article'] }, (_context, { article }) =>
  // A span of one's own goes under that of the task.
  trace.getTracer('shop').startActiveSpan('look up', (span) => {
    span.setAttribute('shop.article', String(article));
    span.end();
    return 9.99;
  }),
);

/** After the SDK is registered: a worker looks for it once, when it is made. */
export const tracedWorker = (broker: string): Worker =>
  createWorker({ tasks: [price], broker, queues: ['guide.prices'] });
