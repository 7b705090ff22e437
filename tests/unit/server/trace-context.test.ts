import { traced } from '../../../server/tasks/trace-context';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const task = { name: 'tasks.add', options: { queue: 'q' } };

test('a task submitted within a trace carries it in its headers', () => {
  const { options } = traced(task, { traceparent: TRACE, tracestate: 'vendor=1' });
  expect(options).toEqual({ queue: 'q', headers: { traceparent: TRACE, tracestate: 'vendor=1' } });
});

test('headers of its own win', () => {
  const own = { ...task, options: { headers: { traceparent: 'mine' } } };
  expect(traced(own, { traceparent: TRACE })).toBe(own);
});

test.each([
  ['no header', undefined],
  ['no trace context', 'hello'],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ['a span id of zeros', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
  ['the version that is forbidden', TRACE.replace(/^00/, 'ff')],
  ['capital letters', TRACE.toUpperCase()],
])('with %s the task is left as it is', (_circumstance, traceparent) => {
  expect(traced(task, { traceparent })).toBe(task);
});

test('a tracestate that is too long is left out', () => {
  const { options } = traced(task, { traceparent: TRACE, tracestate: 'a'.repeat(513) });
  expect(options?.headers).toEqual({ traceparent: TRACE });
});
