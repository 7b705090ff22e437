import { context, trace } from '@opentelemetry/api';
import { openTracing, type Tracing } from '../../../runtime';
import { RecordedSpans } from '../../support/spans';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`, tracestate: 'vendor=1' };
const begin = { name: 'it', attributes: {} } as const;

function registered(): { readonly spans: RecordedSpans; readonly tracing: Tracing } {
  const spans = RecordedSpans.register();
  const tracing = openTracing();
  if (tracing === undefined) throw new Error('no tracing');
  return { spans, tracing };
}

afterEach(() => {
  trace.disable();
  context.disable();
});

test('without an SDK there is no tracing, though the package can be loaded', () => {
  expect(openTracing()).toBeUndefined();
});

test('with one there is, and none after it was taken away', () => {
  const { spans } = registered();
  spans.unregister();
  expect(openTracing()).toBeUndefined();
});

test('a span continues the trace of the headers and passes it on, state included', () => {
  const { spans, tracing } = registered();
  const span = tracing.start({ ...begin, kind: 'consumer', parent: CALLER });
  span.end();
  const [ended] = spans.all;
  expect(ended).toMatchObject({ trace: TRACE_ID, parent: '00f067aa0ba902b7', kind: 'CONSUMER' });
  expect(span.context).toEqual({ traceparent: `00-${TRACE_ID}-${ended?.id}-01`, tracestate: 'vendor=1' });
});

test.each([
  ['no headers', {}],
  ['what is no trace context', { traceparent: '00-1-2-01' }],
])('with %s it begins a trace', (_circumstance, parent) => {
  const { spans, tracing } = registered();
  tracing.start({ ...begin, kind: 'server', parent }).end();
  expect(spans.all).toMatchObject([{ parent: undefined, kind: 'SERVER' }]);
});

test('a caller that does not sample is not sampled here either, and the trace goes on', () => {
  const { spans, tracing } = registered();
  const unsampled = { traceparent: CALLER.traceparent.replace(/01$/, '00') };
  const span = tracing.start({ ...begin, kind: 'server', parent: unsampled });
  span.end();
  expect(spans.all).toEqual([]);
  expect(span.context.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
});

test('what is sent goes under the span of the code that sends it, if that is of the same trace', () => {
  const { spans, tracing } = registered();
  const run = tracing.start({ ...begin, name: 'run', kind: 'consumer', parent: CALLER });
  run.run(() =>
    trace.getTracer('application').startActiveSpan('inner', (inner) => {
      tracing.start({ ...begin, name: 'of the run', kind: 'producer', parent: { ...run.context } }).end();
      tracing.start({ ...begin, name: 'of another', kind: 'producer', parent: {} }).end();
      inner.end();
    }),
  );
  const [inner] = spans.named('inner');
  expect(inner?.trace).toBe(TRACE_ID);
  expect(spans.named('of the run')).toMatchObject([{ parent: inner?.id }]);
  expect(spans.named('of another')).toMatchObject([{ parent: undefined }]);
});

test('a task is never put under what happens to be active when it starts', () => {
  const { spans, tracing } = registered();
  const other = tracing.start({ ...begin, name: 'other', kind: 'consumer', parent: CALLER });
  other.run(() => tracing.start({ ...begin, name: 'next', kind: 'consumer', parent: CALLER }).end());
  expect(spans.named('next')).toMatchObject([{ parent: '00f067aa0ba902b7' }]);
});

test('a failure has its type, its message and the exception', () => {
  const { spans, tracing } = registered();
  const span = tracing.start({ ...begin, kind: 'producer', parent: {} });
  span.fail('RangeError', new RangeError('too far'));
  span.end();
  expect(spans.all).toMatchObject([
    {
      attributes: { 'error.type': 'RangeError' },
      status: { code: 2, message: 'too far' },
      events: ['exception'],
    },
  ]);
});

test('a span that somebody else has made of this is known', () => {
  const { tracing } = registered();
  expect(tracing.active()).toBeUndefined();
  trace.getTracer('http').startActiveSpan('theirs', (theirs) => {
    const { traceId, spanId } = theirs.spanContext();
    expect(tracing.active()?.context).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  });
  tracing.within(CALLER, () => expect(tracing.active()?.context).toEqual(CALLER));
});
