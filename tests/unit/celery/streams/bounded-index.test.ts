import { BoundedIndex } from '../../../../celery/streams';

describe('BoundedIndex', () => {
  it('drops the entry written longest ago when it is full', () => {
    const dropped: string[] = [];
    const index = new BoundedIndex<string, number>(2, (key) => dropped.push(key));
    index.set('a', 1);
    index.set('b', 2);
    index.set('a', 3);
    index.set('c', 4);
    expect(dropped).toEqual(['b']);
    expect([...index.values()]).toEqual([3, 4]);
  });

  it('does not let reading keep an entry alive', () => {
    const index = new BoundedIndex<string, number>(2);
    index.set('a', 1);
    index.set('b', 2);
    index.get('a');
    index.set('c', 3);
    expect(index.get('a')).toBeUndefined();
    expect(index.size).toBe(2);
  });

  it('keeps one and the same entry however often it is written', () => {
    const index = new BoundedIndex<string, number>(1);
    index.set('a', 1);
    index.set('a', 2);
    expect(index.oldest()).toBe(2);
    expect(index.size).toBe(1);
  });

  it('says that there is nothing to drop when empty', () => {
    expect(new BoundedIndex(1).dropOldest()).toBe(false);
  });
});
