import { pythonArgs, pythonIdentity } from './exception';
import { exceptionText } from './python-error';

const HEAD = 'Traceback (most recent call last):';
const BECAUSE = '\nThe above exception was the direct cause of the following exception:\n\n';
const MAX_CAUSES = 5;
const NAMED_FRAME = /^\s*at (?:async )?(.+?) \((.+?):(\d+):\d+\)$/;
const BARE_FRAME = /^\s*at (?:async )?(?:file:\/\/)?(.+?):(\d+):\d+$/;

const frameOf = (line: string): string | undefined => {
  const named = NAMED_FRAME.exec(line);
  const bare = named === null ? BARE_FRAME.exec(line) : null;
  const file = named?.[2] ?? bare?.[1];
  if (file === undefined || file.startsWith('node:internal')) return undefined;
  const path = file.replace(/^file:\/\//, '');
  return `  File "${path}", line ${named?.[3] ?? bare?.[2]}, in ${named?.[1] ?? '<anonymous>'}`;
};

/** V8 lists the innermost call first, Python last. */
const framesOf = (error: unknown): readonly string[] => {
  const stack = (error as { stack?: unknown } | null | undefined)?.stack;
  if (typeof stack !== 'string') return [];
  const frames = stack.split('\n').map(frameOf);
  return frames.filter((frame) => frame !== undefined).reverse();
};

/** The last line of a Python traceback: `ValueError: bad`, with the module for classes that are not builtins. */
export const exceptionLine = (error: unknown): string => {
  const { type, module } = pythonIdentity(error);
  const name = module === null || module === 'builtins' ? type : `${module}.${type}`;
  const text = exceptionText(pythonArgs(error));
  return text === '' ? name : `${name}: ${text}`;
};

const format = (error: unknown, causesLeft: number): string => {
  const cause = (error as { cause?: unknown } | null | undefined)?.cause;
  const before = cause === undefined || causesLeft === 0 ? '' : `${format(cause, causesLeft - 1)}${BECAUSE}`;
  return `${before}${[HEAD, ...framesOf(error), exceptionLine(error)].join('\n')}\n`;
};

/**
 * An error's stack as Python prints one, oldest call first, the `cause` before what it caused; `celery result --traceback` and
 * Flower show it as it is.
 */
export const formatTraceback = (error: unknown): string => format(error, MAX_CAUSES);
