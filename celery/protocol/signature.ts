/** Which canvas class a signature is loaded as; it decides, not the task's name (celery/canvas.py `subtask_type`). */
export type SubtaskType = null | 'chain' | 'group' | 'chord' | 'xmap' | 'xstarmap' | 'chunks';

/** `apply_async` options in Celery's own spelling (`task_id`, `reply_to`, `link_error` …), plus one key for each stamp. */
export type SignatureOptions = Readonly<Record<string, unknown>>;

/** A call of a task as data, exactly the dict that travels in `callbacks`, `chain` and `chord` (celery/canvas.py `Signature`). */
export interface Signature {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: SignatureOptions;
  readonly subtask_type: SubtaskType;
  /** True: the caller's result is not put before `args`. */
  readonly immutable: boolean;
  /** Only on a chord's body, for backends that count by increment. */
  readonly chord_size?: number | null | undefined;
}

/** What {@link signature} takes besides the name. */
export interface SignatureParts {
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly options?: SignatureOptions | undefined;
  readonly immutable?: boolean | undefined;
}

/** A signature of one plain task. */
export const signature = (task: string, parts: SignatureParts = {}): Signature => ({
  task,
  args: parts.args ?? [],
  kwargs: parts.kwargs ?? {},
  options: parts.options ?? {},
  subtask_type: null,
  immutable: parts.immutable ?? false,
});

const FIXED_OPTIONS: ReadonlySet<string> = new Set(['group_id', 'stamped_headers']);

const stampNames = (options: SignatureOptions): readonly unknown[] =>
  Array.isArray(options.stamped_headers) ? options.stamped_headers : [];

const mergeOptions = (own: SignatureOptions, given: SignatureOptions): SignatureOptions => {
  const stamps = stampNames(own);
  const merged: Record<string, unknown> = { ...own };
  for (const [name, value] of Object.entries(given)) {
    const fixed = FIXED_OPTIONS.has(name) || stamps.includes(name);
    if (!fixed || !(name in own)) merged[name] = value;
  }
  return merged;
};

/**
 * The signature with a caller's arguments put first and options laid over its own: how a callback receives a result. The
 * group and the stamps a signature already has stay. Mirrors celery/canvas.py `Signature._merge`.
 */
export const mergeSignature = (
  sig: Signature,
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
  options: SignatureOptions = {},
): Signature => ({
  ...sig,
  args: sig.immutable ? sig.args : [...args, ...sig.args],
  kwargs: sig.immutable ? sig.kwargs : { ...sig.kwargs, ...kwargs },
  options: mergeOptions(sig.options, options),
});
