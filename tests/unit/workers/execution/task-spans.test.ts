import type { SpanAttributes, SpanStart } from '../../../../runtime';
import { type Outcome, Retry, TaskRun, TaskSpans } from '../../../../workers/execution';

const TRACE = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
const OWN = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ff-01' };

function spansOf(deliveryInfo: object = { exchange: '', routingKey: 'celery' }) {
  const started: SpanStart[] = [];
  const told: Record<string, unknown>[] = [];
  const seen: unknown[] = [];
  const span = {
    context: OWN,
    rename: () => undefined,
    set: (attributes: SpanAttributes) => void told.push({ ...attributes }),
    event: (name: string) => void told.push({ event: name }),
    fail: (type: string) => void told.push({ fail: type }),
    end: () => void told.push({ ended: true }),
    run: <T>(call: () => T): T => call(),
  };
  const spans = new TaskSpans({
    tracing: {
      start: (start) => {
        started.push(start);
        return span;
      },
    },
    executor: { execute: (run) => void seen.push(run.request.headers), abandon: () => undefined },
    nodename: 'celery@here',
  });
  const request = { id: 'one', task: 't.it', retries: 0, headers: { ...TRACE, own: 1 }, deliveryInfo };
  const run = new TaskRun({ request, delivery: { queue: 'celery' }, generation: 1 } as never);
  const start = (): void =>
    spans.execute(
      run,
      () => undefined,
      () => undefined,
    );
  return { spans, run, start, started, told, seen };
}

test('the span is under that of the message, and the run is under the span', () => {
  const { start, started, seen } = spansOf();
  start();
  expect(started).toMatchObject([{ name: 'process celery', kind: 'consumer', parent: { ...TRACE, own: 1 } }]);
  expect(seen).toEqual([{ ...OWN, own: 1 }]);
});

test.each([
  [{ exchange: 'tasks', routingKey: 'media.video' }, 'tasks:media.video:celery'],
  [{ exchange: 'celery', routingKey: 'celery' }, 'celery:celery'],
  [{ exchange: '', routingKey: 'other' }, 'other:celery'],
])('a destination is named by exchange, key and queue, without repetition: %j', (deliveryInfo, name) => {
  const { start, started } = spansOf(deliveryInfo);
  start();
  expect(started[0]?.attributes['messaging.destination.name']).toBe(name);
});

const retry = new Retry('Retry in 5s', { name: 't.it', options: { retries: 1 } });
test.each<[Outcome, readonly object[]]>([
  [{ kind: 'SUCCESS', value: 1, runtimeSeconds: 1 }, [{ 'celery.state': 'SUCCESS' }]],
  [{ kind: 'IGNORED' }, [{ 'celery.state': 'IGNORED' }]],
  [{ kind: 'REJECTED', reason: 'no', requeue: false }, [{ 'celery.state': 'REJECTED' }]],
  [
    { kind: 'RETRY', retry },
    [{ 'celery.state': 'RETRY', 'celery.retry.reason': 'Retry in 5s' }, { event: 'retry' }],
  ],
  [
    { kind: 'FAILURE', error: new RangeError('far'), timedOut: false },
    [{ 'celery.state': 'FAILURE' }, { fail: 'RangeError' }],
  ],
  [
    { kind: 'REVOKED', reason: 'terminated', signum: 15 },
    [
      { 'celery.state': 'REVOKED', 'celery.revoked.reason': 'terminated', 'celery.terminated.signal': 15 },
      { fail: 'terminated' },
    ],
  ],
])('it says how the run ended: %j', (outcome, expected) => {
  const { spans, run, start, told } = spansOf();
  start();
  spans.end(run, outcome);
  spans.end(run, outcome);
  expect(told).toEqual([...expected, { ended: true }]);
});

test('a run cut off by a cold stop has an end as well; one that never began has none', () => {
  const { spans, run, start, told } = spansOf();
  spans.end(run);
  expect(told).toEqual([]);
  start();
  spans.end(run);
  expect(told).toEqual([{ fail: 'worker_stopped' }, { ended: true }]);
});
