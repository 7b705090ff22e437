import { KeyedState } from '../../celery/streams';

type OnChange<V> = (key: string, value: V | undefined) => void;

/** A keyed log without a broker: every reader applies every write at once, in one order, by the rules of the real one. */
export class SharedLog<V> {
  private readonly readers: { readonly state: KeyedState<V>; readonly onChange: OnChange<V> | undefined }[] =
    [];
  private offset = 0;
  /** Writes from now on wait for this, so that a test can have two of them under way. */
  gate: Promise<void> = Promise.resolve();

  /** What one gateway sees of the log. */
  reader(onChange?: OnChange<V>) {
    const state = new KeyedState<V>();
    this.readers.push({ state, onChange });
    const write = async (key: string, value: V | undefined, expects: number | null): Promise<boolean> => {
      await this.gate;
      return this.append(state, key, value, expects);
    };
    return {
      usable: true,
      get: (key: string) => state.get(key),
      entries: () => state.entries(),
      put: (key: string, value: V, expects: number | null) => write(key, value, expects),
      remove: (key: string, expects: number) => write(key, undefined, expects),
    };
  }

  private append(own: KeyedState<V>, key: string, value: V | undefined, expects: number | null): boolean {
    const offset = this.offset;
    this.offset += 1;
    let counted = false;
    for (const { state, onChange } of this.readers) {
      const applied = state.apply({ key, value, expects }, offset);
      if (applied) onChange?.(key, value);
      if (state === own) counted = applied;
    }
    return counted;
  }
}
