/**
 * What the watch found and the check reads. A file of its own, so that test files without a gateway do not load one.
 */
export const breaches: { readonly found: string[]; stopWatching: (() => void) | undefined } = {
  found: [],
  stopWatching: undefined,
};
