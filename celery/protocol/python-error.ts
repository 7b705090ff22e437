import { pythonRepr, pythonReprArgs } from './python-repr';
import { shareAcrossCopies } from './shared-class';

/** An error with a chosen Python identity: what a Python caller's `get()` raises, or what a Python worker raised. */
export class PythonError extends Error {
  static {
    shareAcrossCopies(PythonError, 'PythonError');
  }

  /** Qualified class name, for example `ValueError`. */
  readonly excType: string;
  /** Module the class lives in; `null` when the sender did not say. */
  readonly excModule: string | null;
  /** All of the exception's arguments. */
  readonly excArgs: readonly unknown[];

  constructor(
    excType: string,
    excModule: string | null,
    excArgs: readonly unknown[],
    options?: { readonly cause?: unknown },
  ) {
    super(exceptionText(excArgs), options);
    this.name = excType;
    this.excType = excType;
    this.excModule = excModule;
    this.excArgs = excArgs;
  }
}

/** `str(exception)` in Python: nothing, the one argument, or the tuple of all. */
export const exceptionText = (args: readonly unknown[]): string => {
  if (args.length === 0) return '';
  const [only] = args;
  if (args.length > 1) return pythonReprArgs(args);
  return typeof only === 'string' ? only : pythonRepr(only);
};
