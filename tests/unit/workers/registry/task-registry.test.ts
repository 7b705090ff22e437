import { defineTask, TaskRegistry } from '../../../../workers/registry';

const plain = defineTask('r.plain', { params: [] }, () => null);
const limited = defineTask('r.limited', { params: [], timeLimitSeconds: 5 }, () => null);

describe('TaskRegistry', () => {
  test('a change reaches runs that hold the task already, and no other worker', () => {
    const [one, other] = [new TaskRegistry([plain]), new TaskRegistry([plain])];
    const held = one.get('r.plain');
    expect(one.change('r.plain', { rateLimit: '5/s', timeLimitSeconds: 2 })).toBe(true);
    expect(held?.settings).toMatchObject({ rateLimit: '5/s', timeLimitSeconds: 2 });
    expect(other.get('r.plain')?.settings).toEqual({});
    expect(plain.settings).toEqual({});
  });

  test('nobody is changed under an unknown name', () => {
    expect(new TaskRegistry([plain]).change('r.other', { rateLimit: 1 })).toBe(false);
  });

  test("the worker's limits are for tasks without their own, also once theirs is taken away", () => {
    const registry = new TaskRegistry([plain, limited], { timeLimitSeconds: 60, softTimeLimitSeconds: 50 });
    expect(registry.get('r.plain')?.settings).toEqual({ timeLimitSeconds: 60, softTimeLimitSeconds: 50 });
    expect(registry.get('r.limited')?.settings).toEqual({ timeLimitSeconds: 5, softTimeLimitSeconds: 50 });
    registry.change('r.limited', { timeLimitSeconds: 0 });
    expect(registry.get('r.limited')?.settings.timeLimitSeconds).toBe(60);
  });

  test('the same task twice is one, another of its name is a mistake', () => {
    const again = defineTask('r.plain', { params: [] }, () => 1);
    expect(new TaskRegistry([plain, plain]).names).toEqual(['r.plain']);
    expect(() => new TaskRegistry([plain, again])).toThrow('defined twice');
  });
});
