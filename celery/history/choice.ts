import { globToRegExp } from '../protocol';

/** Values of which one is wanted, or none. Each may hold `*` and `?` as in a shell. */
export interface Choice {
  /** Empty: any value. */
  readonly any: readonly string[];
  readonly none: readonly string[];
}

/** `a,b*,!c`: a, or what begins with b, but not c. An empty text asks for nothing. */
export const parseChoice = (text: string): Choice => {
  const parts = text.split(',').map((part) => part.trim());
  const given = parts.filter((part) => part !== '' && part !== '!');
  return {
    any: given.filter((part) => !part.startsWith('!')),
    none: given.filter((part) => part.startsWith('!')).map((part) => part.slice(1)),
  };
};

const MAX_VERDICTS = 1000;

/** Judges values; verdicts are kept, since names repeat. A null matches only a choice that wants nothing in particular. */
export const compileChoice = ({ any, none }: Choice): ((value: string | null) => boolean) => {
  const wanted = any.map(globToRegExp);
  const unwanted = none.map(globToRegExp);
  const judge = (value: string): boolean =>
    (wanted.length === 0 || wanted.some((pattern) => pattern.test(value))) &&
    !unwanted.some((pattern) => pattern.test(value));
  const verdicts = new Map<string, boolean>();
  return (value) => {
    if (value === null) return wanted.length === 0;
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    const verdict = judge(value);
    if (verdicts.size < MAX_VERDICTS) verdicts.set(value, verdict);
    return verdict;
  };
};
