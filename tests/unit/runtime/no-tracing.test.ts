import { openTracing } from '../../../runtime';

/** A file of its own: nothing in it may load the package. */
test('where no SDK was registered there is no tracing, and its package is not even loaded', () => {
  expect(openTracing()).toBeUndefined();
  const loaded = Object.keys(require.cache);
  expect(loaded.some((path) => path.includes('/runtime/tracing'))).toBe(true);
  expect(loaded.filter((path) => path.includes('@opentelemetry'))).toEqual([]);
});
