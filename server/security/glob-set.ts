/** One glob as its literal parts: `*` stands for any text between two of them. */
type Parts = readonly string[];

function matches(parts: Parts, text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/**
 * Names or globs with `*`, anchored at both ends. Matched by searching for the literal parts from left to right, which is
 * linear in the text whatever the glob: no pattern can be written that keeps a request busy.
 */
export class GlobSet {
  private readonly all: readonly Parts[];

  constructor(readonly globs: readonly string[]) {
    this.all = globs.map((glob) => glob.split(/\*+/));
  }

  has(name: string): boolean {
    return this.all.some((parts) => matches(parts, name));
  }
}
