/**
 * Some proofs take minutes by their nature: twenty kills, three nodes, a partition longer than the net tick. They run behind
 * `./scripts/test --full`, and are named as skipped without; each has a quick relative that runs always.
 */
export const FULL = process.env.FULL === '1';

/** `describe` in the full form. */
export const describeInFull = FULL ? describe : describe.skip;
