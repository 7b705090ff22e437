/**
 * One entry of a task's parameter list, read as Python reads a `def` line:
 * `'x'` is required, `{ name, default }` is optional, `'*rest'` takes further positional arguments, a bare `'*'` makes
 * what follows keyword-only, `'**options'` takes further keyword arguments.
 */
export type Parameter = string | OptionalParameter;

/** A parameter that may be left out of the call. */
export interface OptionalParameter<Name extends string = string, Default = unknown> {
  readonly name: Name;
  /** Used when the caller leaves the parameter out; shared between calls, so never mutate it. */
  readonly default: Default;
}

type NameOf<P> = P extends '*'
  ? never
  : P extends `**${infer Name}`
    ? Name
    : P extends `*${infer Name}`
      ? Name
      : P extends string
        ? P
        : P extends OptionalParameter<infer Name>
          ? Name
          : never;

type ValueOf<P> = P extends `**${string}`
  ? Record<string, unknown>
  : P extends `*${string}`
    ? readonly unknown[]
    : unknown;

/**
 * The bound arguments a handler receives, named after the parameters. A value that came off the wire is `unknown` until
 * the task's `schema` has checked it; rest and keyword-rest are an array and a record.
 */
export type ArgumentsOf<Parameters extends readonly Parameter[]> = {
  readonly [P in Parameters[number] as NameOf<P>]: ValueOf<P>;
};
