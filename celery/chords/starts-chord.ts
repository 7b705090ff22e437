import { canvas, type Signature } from '../protocol';

const listOf = (value: unknown): readonly Signature[] => {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as readonly Signature[];
};

/** The callbacks of a signature. */
export const linksOf = (sig: Signature): readonly Signature[] => listOf(sig.options.link);
/** The errbacks of a signature. */
export const linkErrorsOf = (sig: Signature): readonly Signature[] => listOf(sig.options.link_error);

/** The signatures a canvas is made of, itself first; a chord's body among them. */
export function* partsOf(sig: Signature): Generator<Signature> {
  yield sig;
  if (canvas.isChain(sig) || canvas.isGroup(sig)) {
    for (const task of listOf(sig.kwargs.tasks)) yield* partsOf(task);
  } else if (canvas.isChord(sig)) {
    const { header, body } = sig.kwargs;
    for (const task of listOf(header)) yield* partsOf(task);
    if (body !== null && body !== undefined) yield* partsOf(body);
  }
}

/** Whether a worker that runs this, or something that follows from it, would have to start a chord. */
export const startsChord = (sig: Signature): boolean => {
  for (const part of partsOf(sig)) {
    if (canvas.isChord(part)) return true;
    if (linksOf(part).some(startsChord)) return true;
  }
  return false;
};

/** Whether an errback anywhere in this would have to start a chord: errbacks are the workers' to call. */
export const failsIntoChord = (sig: Signature): boolean => {
  for (const part of partsOf(sig)) {
    if (linkErrorsOf(part).some((errback) => startsChord(errback) || failsIntoChord(errback))) return true;
    if (linksOf(part).some(failsIntoChord)) return true;
  }
  return false;
};
