import type { Canvas } from '../../celery/protocol';
import type { Retry } from './control-exceptions';

/** How a run ended, as a value: everything that happens next follows from it (see `settlePlan`). */
export type Outcome =
  | { readonly kind: 'SUCCESS'; readonly value: unknown; readonly runtimeSeconds: number }
  | {
      readonly kind: 'FAILURE';
      readonly error: unknown;
      readonly timedOut: boolean;
      /** The thread or process that ran the code died of it. */
      readonly workerLost?: true;
    }
  | { readonly kind: 'RETRY'; readonly retry: Retry }
  | {
      readonly kind: 'REVOKED';
      readonly reason: 'revoked' | 'expired' | 'terminated';
      /** Number of the signal that ended it; null when it never ran. */
      readonly signum: number | null;
    }
  | { readonly kind: 'REJECTED'; readonly reason: string; readonly requeue: boolean }
  /** Another canvas runs in its place, under its id. */
  | { readonly kind: 'REPLACED'; readonly replacement: Canvas }
  | { readonly kind: 'IGNORED' };

export type OutcomeKind = Outcome['kind'];

export const failure = (error: unknown): Outcome => ({ kind: 'FAILURE', error, timedOut: false });
