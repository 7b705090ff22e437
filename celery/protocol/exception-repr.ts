import { pythonArgs, pythonIdentity } from './exception';
import { pythonRepr } from './python-repr';

const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** What Python does not print as it is, of what texts commonly hold: controls, separators, lone surrogates. */
const UNPRINTABLE = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string => {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return NAMED[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`);
};

/** `repr` of a text: single quotes, or double ones where that saves escaping. */
const stringRepr = (text: string): string => {
  const body = text.replace(UNPRINTABLE, escaped);
  return text.includes("'") && !text.includes('"') ? `"${body}"` : `'${body.replaceAll("'", "\\'")}'`;
};

/** A thrown value as Python's `repr` of the exception would be: `ValueError('bad', 1)`; in events, control replies and texts. */
export const exceptionRepr = (error: unknown): string => {
  const args = pythonArgs(error).map((arg) => (typeof arg === 'string' ? stringRepr(arg) : pythonRepr(arg)));
  return `${pythonIdentity(error).type}(${args.join(', ')})`;
};
