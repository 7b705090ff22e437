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

  it('keeps the order of writing whatever is deleted and written again', () => {
    const index = new BoundedIndex<string, string>(5);
    for (const key of ['a', 'b', 'c', 'd', 'e']) index.set(key, key);
    index.delete('c');
    index.set('a', 'A');
    index.delete('e');
    expect([...index.values()]).toEqual(['b', 'd', 'A']);
    expect(index.oldest()).toBe('b');
    expect(index.delete('b')).toBe(true);
    expect(index.delete('b')).toBe(false);
    expect(index.oldest()).toBe('d');
    index.dropOldest();
    index.dropOldest();
    expect(index.oldest()).toBeUndefined();
    index.set('f', 'f');
    const seen: string[] = [];
    index.forEach((value) => {
      seen.push(value);
    });
    expect(seen).toEqual(['f']);
    index.clear();
    expect([index.size, index.oldest(), [...index.values()]]).toEqual([0, undefined, []]);
  });

  it('agrees with a plain list after any sequence of writes and deletions', () => {
    const index = new BoundedIndex<number, number>(20);
    let list: number[] = [];
    let seed = 7;
    for (let step = 0; step < 5000; step += 1) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const key = (seed >> 8) % 30;
      list = list.filter((each) => each !== key);
      if ((seed >> 4) % 4 === 0) index.delete(key);
      else {
        index.set(key, key);
        list = [...list, key].slice(-20);
      }
    }
    expect([...index.values()]).toEqual(list);
  });

  it('drops the oldest of very many without looking through the places of those dropped before', () => {
    // Took from 4 to 20 seconds when the order was that of a Map, and a fifth of one since.
    const index = new BoundedIndex<string, number>(100_000);
    for (let number = 0; number < 200_000; number += 1) index.set(`task-${number}`, number);
    expect(index.oldest()).toBe(100_000);
  });

  it('says that there is nothing to drop when empty', () => {
    expect(new BoundedIndex(1).dropOldest()).toBe(false);
  });
});
