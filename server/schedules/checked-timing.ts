import { inputError } from '../errors';
import { type Timing, type TimingBody, timingOf } from './timing';

/** @throws GatewayError REQUEST_INVALID for an expression or a time zone that is none. */
export function checkedTiming(body: TimingBody, anchorMs: number): Timing {
  try {
    const made = timingOf(body, anchorMs);
    // A time zone is looked at when it is used.
    made.next(anchorMs);
    return made;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const pointer = /time ?zone/i.test(detail) ? '/timezone' : '/cron';
    throw inputError('REQUEST_INVALID', 'The times of the schedule cannot be read.', [
      { pointer, detail: pointer === '/cron' ? detail : 'is not a time zone of the IANA database' },
    ]);
  }
}
