/** Time as a dependency, so that a test can own it. */
export interface Clock {
  /** Wall-clock time, epoch milliseconds. For what goes on the wire or in front of people. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps. For deadlines and durations. */
  monotonic(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
