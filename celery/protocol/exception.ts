import { exceptionText, PythonError } from './python-error';
import { pythonRepr } from './python-repr';
import { ContentError } from './serialization/content-error';
import { serialize } from './serialization/serializers';

/** An exception in a result (celery/backends/base.py `prepare_exception`). */
export interface EncodedException {
  /** Qualified class name. */
  readonly exc_type: string;
  /** The exception's arguments; old or foreign senders put a bare text here. */
  readonly exc_message: unknown;
  readonly exc_module: string | null;
}

/** An exception as read from a result. */
export interface DecodedException {
  readonly type: string;
  readonly module: string | null;
  /** What Python's `str(exception)` says. */
  readonly message: string;
  readonly args: readonly unknown[];
}

/** Module of JavaScript classes Python has no like for: the caller gets an Exception subclass of the same name. */
const FOREIGN_MODULE = 'javascript';

/** JavaScript's own errors by name → Python's builtins (docs/protocol.md has the table with the reasons). */
const BUILTIN_BY_NAME: ReadonlyMap<string, string> = new Map([
  ['Error', 'Exception'],
  ['TypeError', 'TypeError'],
  ['RangeError', 'ValueError'],
  ['SyntaxError', 'ValueError'],
  ['URIError', 'ValueError'],
  ['ReferenceError', 'NameError'],
  ['EvalError', 'Exception'],
  ['AggregateError', 'Exception'],
  ['TimeoutError', 'TimeoutError'],
]);

/** Node's system errors by `code`. */
const BUILTIN_BY_CODE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'FileNotFoundError'],
  ['EEXIST', 'FileExistsError'],
  ['EACCES', 'PermissionError'],
  ['EPERM', 'PermissionError'],
  ['EISDIR', 'IsADirectoryError'],
  ['ENOTDIR', 'NotADirectoryError'],
  ['ECONNREFUSED', 'ConnectionRefusedError'],
  ['ECONNRESET', 'ConnectionResetError'],
  ['ECONNABORTED', 'ConnectionAbortedError'],
  ['EPIPE', 'BrokenPipeError'],
  ['ETIMEDOUT', 'TimeoutError'],
]);

const CLASS_NAME = /^[A-Za-z_]\w{0,99}$/;

/** By shape, not by class: a DOMException, or an error of another realm (a worker thread's, a vm's), is no `instanceof Error`. */
const isErrorLike = (
  error: unknown,
): error is { readonly name: string; readonly message: string; readonly code?: unknown } =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  'message' in error &&
  typeof error.name === 'string' &&
  typeof error.message === 'string';

/** What an error is called in Python. */
export interface PythonIdentity {
  readonly type: string;
  readonly module: string | null;
}

/** The Python class that stands for an error. */
export const pythonIdentity = (error: unknown): PythonIdentity => {
  if (error instanceof PythonError) return { type: error.excType, module: error.excModule };
  if (!isErrorLike(error)) return { type: 'Exception', module: 'builtins' };
  const code = typeof error.code === 'string' ? BUILTIN_BY_CODE.get(error.code) : undefined;
  const builtin = code ?? BUILTIN_BY_NAME.get(error.name);
  if (builtin !== undefined) return { type: builtin, module: 'builtins' };
  return CLASS_NAME.test(error.name)
    ? { type: error.name, module: FOREIGN_MODULE }
    : { type: 'Exception', module: 'builtins' };
};

/** The arguments a Python exception of this error would have. */
export const pythonArgs = (error: unknown): readonly unknown[] => {
  if (error instanceof PythonError) return error.excArgs;
  if (error instanceof AggregateError) return [error.message, error.errors.map((each) => String(each))];
  if (isErrorLike(error)) return error.message === '' ? [] : [error.message];
  return [error];
};

/** Arguments JSON cannot hold become their repr (celery/utils/serialization.py `ensure_serializable`). */
const storable = (argument: unknown): unknown => {
  if (argument === undefined) return null;
  try {
    serialize(argument, 'json');
    return argument;
  } catch (error) {
    if (error instanceof ContentError) return pythonRepr(argument);
    throw error;
  }
};

/** Any thrown value as a result's exception object. */
export const encodeException = (error: unknown): EncodedException => {
  const { type, module } = pythonIdentity(error);
  return { exc_type: type, exc_message: pythonArgs(error).map(storable), exc_module: module };
};

const readArgs = (message: unknown): readonly unknown[] => {
  if (Array.isArray(message)) return message;
  return message === undefined || message === null || message === '' ? [] : [message];
};

/**
 * Reads whatever a result holds in place of an exception. It never throws and never looks a class up by name: Celery's own
 * reader once ran commands that way (CVE-2021-23727).
 */
export const decodeException = (value: unknown): DecodedException => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const args = readArgs(value);
    return { type: 'Exception', module: 'builtins', message: exceptionText(args), args };
  }
  const { exc_type, exc_message, exc_module } = value as Readonly<Record<string, unknown>>;
  const args = readArgs(exc_message);
  return {
    type: typeof exc_type === 'string' && exc_type !== '' ? exc_type : 'Exception',
    module: typeof exc_module === 'string' ? exc_module : null,
    message: exceptionText(args),
    args,
  };
};
