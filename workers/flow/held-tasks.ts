import type { Clock } from '../../runtime';
import type { Settler, TaskEvents, TaskRun } from '../execution';
import {
  type EtaParkingLimits,
  EtaSchedule,
  parkedTimes,
  parksEta,
  type QueueConsumer,
  type Relocation,
} from '../intake';

export interface HeldTasksDeps {
  readonly relocation: Relocation;
  readonly parking: EtaParkingLimits;
  readonly settler: Pick<Settler, 'giveBack'>;
  readonly events: Pick<TaskEvents, 'received'>;
  readonly clock: Clock;
  /** Its time has come. */
  readonly onDue: (run: TaskRun) => void;
  /** It waits in the broker: a copy of its message that comes now is no other task. */
  readonly onParked: (run: TaskRun) => void;
}

/** Tasks whose ETA is still to come: in this worker, each of them beyond the prefetch of its consumer, or in the broker. */
export class HeldTasks {
  readonly schedule: EtaSchedule<TaskRun>;
  private readonly sources = new Map<TaskRun, QueueConsumer>();
  private readonly counts = new Map<QueueConsumer, number>();
  private draining: boolean = false;

  constructor(private readonly deps: HeldTasksDeps) {
    this.schedule = new EtaSchedule(
      () => deps.clock.now(),
      (run) => this.due(run),
    );
  }

  hold(run: TaskRun, until: number, source: QueueConsumer): void {
    this.sources.set(run, source);
    this.schedule.hold(run, until);
    this.count(source, 1);
  }

  /** A far ETA, or one too many, waits in the broker; if that cannot be, here after all. @returns false for one to hold. */
  parks(run: TaskRun, until: number, source: QueueConsumer): boolean {
    const { parking, relocation, clock, onParked } = this.deps;
    const times = parkedTimes(run.request.headers);
    if (!parksEta(parking, until - clock.now(), this.schedule.size, times)) return false;
    void relocation.park(run.delivery, run.request.deliveryInfo, until).then((parked) => {
      if (parked) onParked(run);
      else this.holdUnparked(run, until, source);
    });
    return true;
  }

  /** The consumer's channel is gone, and with it these messages. */
  interrupted(source: QueueConsumer, isLost: (run: TaskRun) => boolean): void {
    const lost = this.schedule.remove(isLost);
    for (const run of lost) this.sources.delete(run);
    this.count(source, -lost.length);
  }

  /** Holds nothing more. @returns what was held. */
  drain(): readonly TaskRun[] {
    this.draining = true;
    this.sources.clear();
    return this.schedule.remove(() => true);
  }

  private holdUnparked(run: TaskRun, until: number, source: QueueConsumer): void {
    if (run.generation < source.generation) return;
    if (this.draining) {
      this.deps.settler.giveBack(run);
      return;
    }
    this.deps.events.received(run);
    this.hold(run, until, source);
  }

  private due(run: TaskRun): void {
    const source = this.sources.get(run);
    this.sources.delete(run);
    if (source !== undefined) this.count(source, -1);
    this.deps.onDue(run);
  }

  private count(source: QueueConsumer, change: number): void {
    const held = Math.max(0, (this.counts.get(source) ?? 0) + change);
    this.counts.set(source, held);
    source.setHeld(held);
  }
}
