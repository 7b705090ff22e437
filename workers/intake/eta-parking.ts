/** When tasks with an ETA wait in the broker instead of this process. */
export interface EtaParkingLimits {
  /**
   * An ETA at least so far away, in milliseconds, is parked; 0 parks none. A held message is unacknowledged, and RabbitMQ
   * ends channels whose messages are unacknowledged for `consumer_timeout` (30 min by default).
   */
  readonly parkAfterMs: number;
  /** From so many held ones on, nearer ETAs are parked too: the memory of held tasks is bounded. */
  readonly maxHeld: number;
}

/** Nearer ones are held: the broker delays by whole seconds. */
const LEAST_MS = 2_000;
/** A task that comes back early again and again (clocks apart) is held in the end. */
const MAX_TIMES = 10;

/** Whether a task that is due in `remainingMs` is better left with the broker. Pure. */
export function parksEta(
  { parkAfterMs, maxHeld }: EtaParkingLimits,
  remainingMs: number,
  held: number,
  timesParked: number,
): boolean {
  if (parkAfterMs === 0 || remainingMs < LEAST_MS || timesParked >= MAX_TIMES) return false;
  return remainingMs >= parkAfterMs || held >= maxHeld;
}
