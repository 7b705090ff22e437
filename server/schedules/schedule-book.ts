import type { Keyed, KeyedLog } from '../../celery/streams';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import type { Schedule, ScheduleProgress, Stored } from './schedule';

/** A value and the version to write on top of; null: there is none yet. */
export interface Entry<T> {
  readonly value: T;
  readonly version: number;
}

export type BookLog = Pick<KeyedLog<Stored>, 'get' | 'put' | 'remove' | 'entries' | 'usable'>;

const SCHEDULE = 'schedule:';
const PROGRESS = 'progress:';

/** Schedules and how far they have come, as all gateways of the vhost remember them. */
export class ScheduleBook {
  /** When the progress of a schedule was last heard of, by this process' own clock: claims run out by it. */
  private readonly heardAt = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly log: BookLog,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  /**
   * To be called for each change of the log.
   * @returns the schedule that it is about.
   */
  onChange(key: string, stored: Stored | undefined): string {
    if (!key.startsWith(PROGRESS)) {
      this.count = -1;
      return key.slice(SCHEDULE.length);
    }
    const id = key.slice(PROGRESS.length);
    if (stored === undefined) this.heardAt.delete(id);
    else this.heardAt.set(id, this.clock.monotonic());
    return id;
  }

  get usable(): boolean {
    return this.log.usable;
  }

  /** How many schedules there are. */
  get size(): number {
    if (this.count < 0) this.count = [...this.all()].length;
    return this.count;
  }

  *all(): IterableIterator<Schedule> {
    for (const [, { value }] of this.log.entries()) if ('schedule' in value) yield value.schedule;
  }

  schedule(id: string): Entry<Schedule> | undefined {
    const found: Keyed<Stored> | undefined = this.log.get(SCHEDULE + id);
    return found !== undefined && 'schedule' in found.value
      ? { value: found.value.schedule, version: found.version }
      : undefined;
  }

  /** What is written of the progress; a schedule made anew does not go on where the old one was. */
  progress({ id, uid }: Schedule): {
    readonly value: ScheduleProgress | undefined;
    readonly version: number | null;
  } {
    const found = this.log.get(PROGRESS + id);
    if (found === undefined || !('progress' in found.value)) return { value: undefined, version: null };
    const { progress } = found.value;
    return { value: progress.uid === uid ? progress : undefined, version: found.version };
  }

  /** For how long the progress has been as it is, in milliseconds. */
  silentMs(id: string): number {
    return this.clock.monotonic() - (this.heardAt.get(id) ?? Number.NEGATIVE_INFINITY);
  }

  /** @returns false when somebody else was first. @throws GatewayError NOT_READY. */
  putSchedule(schedule: Schedule, version: number | null): Promise<boolean> {
    this.requireUsable();
    return this.log.put(SCHEDULE + schedule.id, { schedule }, version);
  }

  putProgress(id: string, progress: ScheduleProgress, version: number | null): Promise<boolean> {
    this.requireUsable();
    return this.log.put(PROGRESS + id, { progress }, version);
  }

  async removeSchedule(id: string, version: number): Promise<boolean> {
    this.requireUsable();
    if (!(await this.log.remove(SCHEDULE + id, version))) return false;
    const progress = this.log.get(PROGRESS + id);
    // Left behind it would do no harm: it names the schedule it belonged to.
    if (progress !== undefined) await this.log.remove(PROGRESS + id, progress.version);
    return true;
  }

  private requireUsable(): void {
    if (this.log.usable) return;
    throw new GatewayError('NOT_READY', 'Schedules cannot be kept: their stream is not open.', {
      retryable: true,
    });
  }
}
