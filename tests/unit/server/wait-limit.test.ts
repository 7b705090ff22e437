import { WaitLimit } from '../../../server/tasks';

const never = (): Promise<string> => new Promise(() => undefined);

describe('WaitLimit', () => {
  it('has no room for more of one caller than it may have, and some for another', async () => {
    const limit = new WaitLimit({ perCaller: 2, total: 10 });
    void limit.during('mine', never);
    void limit.during('mine', never);
    expect(await limit.during('mine', async () => 'waited')).toBeNull();
    expect(await limit.during('other', async () => 'waited')).toBe('waited');
  });

  it('has no room for more than the total of all callers', async () => {
    const limit = new WaitLimit({ perCaller: 2, total: 3 });
    for (const caller of ['a', 'a', 'b']) void limit.during(caller, never);
    expect(await limit.during('c', async () => 'waited')).toBeNull();
  });

  it('has room again for who has ended, however that was', async () => {
    const limit = new WaitLimit({ perCaller: 1, total: 1 });
    await expect(limit.during('mine', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(await limit.during('mine', async () => 'waited')).toBe('waited');
    expect(await limit.during('other', async () => 'waited')).toBe('waited');
  });
});
