import { silentLogger } from '../../../../runtime';
import { OperationService } from '../../../../server/operations';

const clock = { now: () => 0 };
const gateway = (instance: string): OperationService =>
  new OperationService({ instance, maxRunning: 2, keepMs: 1000, clock, logger: silentLogger() });
const subject = { kind: 'move', queue: 'q', dryRun: false };

test('another gateway says which one knows the operation, the same one what became of it', () => {
  const [first, second] = [gateway('a.example'), gateway('b.example')];
  const { id } = first.begin(subject, async () => undefined);
  expect(id).toMatch(/^[0-9a-f-]{36}@a\.example$/);
  expect(first.get(id).id).toBe(id);
  expect(() => second.get(id)).toThrow(/known to gateway a\.example; this is b\.example.*begin it again/);
  expect(() => second.cancel(id)).toThrow(/a\.example/);
  // The same name after a restart, with nothing remembered.
  expect(() => gateway('a.example').get(id)).toThrow(/started anew.*still in its queue/);
});

test.each(['', 'absent', '../x', 'not-a-uuid@a.example'])('%j names no gateway', (id) => {
  expect(() => gateway('b.example').get(id)).toThrow(/There is no operation/);
});

test('a name that no URL would take as it is stands in the id in another way', () => {
  const odd = gateway('Ä gateway/1');
  const { id } = odd.begin(subject, async () => undefined);
  expect(id).toMatch(/@--gateway-1$/);
  expect(odd.get(id).id).toBe(id);
});
