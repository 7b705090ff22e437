const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** One step of a shell pattern: `*`, `?`, `[seq]`, `[!seq]`, or a character for itself. */
const GLOB_STEP = /\*+|\?|\[(!?)(\]?[^\]]*)\]|[\s\S]/gu;

/** A shell pattern as Python's `fnmatch.translate` reads it: it covers the whole text, dots and line ends included. */
export const globToRegExp = (glob: string): RegExp => {
  const source = glob.replace(GLOB_STEP, (step, not: string | undefined, set: string | undefined) => {
    if (step.startsWith('*')) return '.*';
    if (step === '?') return '.';
    if (set !== undefined && set !== '') return `[${not ? '^' : ''}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
    return escapeRegExp(step);
  });
  return new RegExp(`^(?:${source})$`, 's');
};
