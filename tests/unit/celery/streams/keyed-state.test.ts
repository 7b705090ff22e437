import { KeyedState } from '../../../../celery/streams';

const put = (state: KeyedState<string>, offset: number, value: string | undefined, expects: number | null) =>
  state.apply({ key: 'k', value, expects }, offset);

describe('a state of conditional writes', () => {
  it('lets one of two writers on the same version win, and the other know', () => {
    const state = new KeyedState<string>();
    expect(put(state, 0, 'a', null)).toBe(true);
    expect(put(state, 1, 'b', 0)).toBe(true);
    expect(put(state, 2, 'c', 0)).toBe(false);
    expect(state.get('k')).toEqual({ value: 'b', version: 1 });
  });

  it('lets one of two creators win', () => {
    const state = new KeyedState<string>();
    expect([put(state, 0, 'a', null), put(state, 1, 'b', null)]).toEqual([true, false]);
    expect(state.get('k')?.value).toBe('a');
  });

  it('does not bring a removed key back by a late write, but by a new one', () => {
    const state = new KeyedState<string>();
    put(state, 0, 'a', null);
    expect(put(state, 1, undefined, 0)).toBe(true);
    expect(state.get('k')).toBeUndefined();
    expect([...state.entries()]).toEqual([]);
    expect(put(state, 2, 'late', 0)).toBe(false);
    expect(put(state, 3, 'new', null)).toBe(true);
    expect(state.get('k')?.value).toBe('new');
  });

  it('believes a write on top of history that the broker has dropped', () => {
    const state = new KeyedState<string>();
    expect(put(state, 500, 'a', 17)).toBe(true);
    expect(put(state, 501, 'late', 17)).toBe(false);
    expect(put(state, 502, 'b', 500)).toBe(true);
    expect(state.get('k')).toEqual({ value: 'b', version: 502 });
  });

  it('takes a belief back when a later write proves that the believed one had lost', () => {
    const state = new KeyedState<string>();
    // Live readers had version 499 already when this came: it lost there.
    put(state, 500, 'had lost', 17);
    expect(put(state, 501, 'had won', 499)).toBe(true);
    expect(state.get('k')).toEqual({ value: 'had won', version: 501 });
  });

  it('refuses a write that names a version the log never had', () => {
    const state = new KeyedState<string>();
    state.seen(0);
    expect(put(state, 5, 'a', 3)).toBe(false);
  });
});
