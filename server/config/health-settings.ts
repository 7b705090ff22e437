import { integer } from '../../runtime';

/** What the probes go by. */
export const healthSettings = {
  READINESS_CANARY_TIMEOUT_MS: integer({
    default: 2000,
    min: 0,
    max: 60_000,
    description:
      'Readiness publishes a message to a queue of its own, at most every two seconds, and wants its confirm within this; 0 leaves it out. Shorter than the timeout of the probe.',
  }),
  LIVENESS_MAX_LAG_MS: integer({
    default: 2000,
    min: 0,
    max: 600_000,
    description:
      'While the event loop is never less late than this, for eight ticks in a row, /health/live answers 503; 0 leaves it out.',
  }),
} as const;
