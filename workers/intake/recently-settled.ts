import type { TaskRequest } from '../../celery/protocol';
import { parkedTimes } from './road-marks';

/** Enough for what a connection can lose at once; about 1 MB. */
const MAX_REMEMBERED = 10_000;

/**
 * Runs this process has answered for, so that a copy redelivered because the connection died before the broker read the
 * answer is not run a second time. Only a copy from a later channel than the answered one counts as such a copy.
 */
export class RecentlySettled {
  private current = new Map<string, number>();
  private previous = new Map<string, number>();

  constructor(private readonly capacity = MAX_REMEMBERED) {}

  /** `generation` grows with each channel of the consumer that received the run. */
  remember(key: string, generation: number): void {
    this.current.set(key, generation);
    if (this.current.size * 2 >= this.capacity) {
      this.previous = this.current;
      this.current = new Map();
    }
  }

  wasAnsweredBefore(key: string, generation: number): boolean {
    const answered = this.current.get(key) ?? this.previous.get(key);
    return answered !== undefined && answered < generation;
  }
}

/**
 * A retry has the same id, so the count of retries belongs to the identity of a run; so does how often it was parked: the copy
 * that comes back is not the message that went.
 */
export const runKey = ({ id, retries, headers }: Pick<TaskRequest, 'id' | 'retries' | 'headers'>): string => {
  const times = parkedTimes(headers);
  return times === 0 ? `${id} ${retries}` : `${id} ${retries} ${times}`;
};
