import { parsePartitionRoute, partitionOf, partitionRoute, partsOf } from '../../../server/queues';

const KEYS = Array.from({ length: 2000 }, (_, index) => `key-${index}`);

test('keys are spread evenly, and always in the same way', () => {
  const counts = [0, 0, 0, 0];
  for (const key of KEYS) counts[partitionOf(key, 4)] = (counts[partitionOf(key, 4)] ?? 0) + 1;
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
  expect(['a', 'b', 'ü', ''].map((key) => partitionOf(key, 16))).toEqual(
    ['a', 'b', 'ü', ''].map((key) => partitionOf(key, 16)),
  );
});

test('one more part takes only its own share of the keys, and nothing moves between the others', () => {
  const moved = KEYS.filter((key) => partitionOf(key, 5) !== partitionOf(key, 4));
  expect(moved.every((key) => partitionOf(key, 5) === 4)).toBe(true);
  expect(moved.length / KEYS.length).toBeGreaterThan(0.15);
  expect(moved.length / KEYS.length).toBeLessThan(0.25);
});

test('a task route spreads by header, by argument, or by id', () => {
  const route = partitionRoute(parsePartitionRoute('orders.*=orders:4:customer'));
  const task = (kwargs: object, options: object) =>
    route({ name: 'orders.ship', args: [], kwargs: { ...kwargs }, options });
  const byArgument = `orders.${partitionOf('c1', 4)}`;
  expect(task({ customer: 'c1' }, { taskId: 't1' })).toBe(byArgument);
  expect(task({ customer: 'other' }, { headers: { partition_key: 'c1' } })).toBe(byArgument);
  expect(task({}, { taskId: 't1' })).toBe(`orders.${partitionOf('t1', 4)}`);
  expect(route({ name: 'mail.send', args: [], kwargs: {}, options: {} })).toBeNull();
  expect(partsOf(parsePartitionRoute('a=b:2'))).toEqual(['b.0', 'b.1']);
});

test.each(['orders', 'a=b', 'a=b:0', 'a=b:257', 'a=b:x', '=b:2'])('%j is no partition route', (text) => {
  expect(() => parsePartitionRoute(text)).toThrow(/pattern=queue:partitions/);
});
