import type { Delivery } from '../amqp';
import type { ContentProtection, TaskRequest } from '../celery/protocol';
import type { Clock, Logger } from '../runtime';
import {
  type Executor,
  type Outcome,
  type RunObserver,
  type Settler,
  type TaskEvents,
  type TaskRun,
  TaskRunner,
  type TaskServices,
} from './execution';
import {
  admit,
  type EtaParkingLimits,
  EtaSchedule,
  parkedTimes,
  parksEta,
  type QueueConsumer,
  RateLimits,
  RecentlySettled,
  type Relocation,
  type RevokedTasks,
  runKey,
  TaskIntake,
  tasksPerSecond,
} from './intake';
import { AsyncPool } from './pool';
import type { TaskRegistry } from './registry';

export interface TaskFlowDeps {
  readonly registry: TaskRegistry;
  readonly revoked: RevokedTasks;
  readonly settler: Settler;
  readonly events: TaskEvents;
  readonly services: TaskServices;
  readonly concurrency: number;
  readonly executor: Executor;
  readonly relocation: Relocation;
  readonly parking: EtaParkingLimits;
  /** Content types of messages this worker reads. */
  readonly accept: ReadonlySet<string>;
  readonly protection?: ContentProtection | undefined;
  /** How often a task nobody here knows is handed back; 0: it is rejected. */
  readonly maxHandBacks: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Log each task's receipt and end at info, as Celery does; off, nothing is built for it. */
  readonly logsTasks: boolean;
}

/** Ended tasks that may wait for the broker before new ones start, for each slot and at least. */
const SETTLING_PER_SLOT = 4;
const MIN_SETTLING = 100;
/** Enough to name who blocked the event loop. */
const REMEMBERED_ENDS = 8;

/** The way of every task through this process: received → held or waiting → active → settled, and who is where. */
export class TaskFlow implements RunObserver {
  readonly pool: AsyncPool<TaskRun>;
  readonly schedule: EtaSchedule<TaskRun>;
  readonly limits: RateLimits<TaskRun>;
  /** Tasks accepted, by name. */
  readonly totals = new Map<string, number>();
  private readonly intake: TaskIntake<QueueConsumer>;
  private readonly runner: TaskRunner;
  private readonly recent = new RecentlySettled();
  /** Accepted and not yet settled. */
  private readonly accepted = new Map<string, TaskRun>();
  private readonly sources = new Map<TaskRun, QueueConsumer>();
  private readonly held = new Map<QueueConsumer, number>();
  private processedCount = 0;
  private readonly lastEnded: string[] = [];
  private draining: boolean = false;

  constructor(private readonly deps: TaskFlowDeps) {
    const { clock, concurrency } = deps;
    this.pool = new AsyncPool({
      concurrency,
      maxSettling: Math.max(MIN_SETTLING, concurrency * SETTLING_PER_SLOT),
      start: (run) => this.startInSlot(run),
    });
    this.schedule = new EtaSchedule(
      () => clock.now(),
      (run) => this.due(run),
    );
    this.limits = new RateLimits({
      monotonic: () => clock.monotonic(),
      rateOf: (task) => tasksPerSecond(deps.registry.get(task)?.settings.rateLimit),
      release: (run) => this.pool.submit(run),
    });
    this.runner = new TaskRunner({ ...deps, observer: this });
    this.intake = new TaskIntake({
      ...deps,
      recent: this.recent,
      unsettled: (request) => this.sameRun(request),
      onRun: (run) => this.run(run),
      parks: (run, until, source) => this.parks(run, until, source),
      onDefer: (run, until, source) => this.defer(run, until, source),
      onDiscard: (run, reason) => void this.discard(run, reason),
    });
  }

  /** Runs accepted and not yet ended. */
  get active(): readonly TaskRun[] {
    return [...this.accepted.values()].filter((run) => run.phase === 'active');
  }

  get processed(): number {
    return this.processedCount;
  }

  /** Ids of the last tasks that ended since `processed` was this; a few at most. */
  endedSince(processed: number): readonly string[] {
    const count = Math.min(this.processedCount - processed, REMEMBERED_ENDS);
    return Array.from(
      { length: count },
      (_, back) => this.lastEnded[(this.processedCount - back) % REMEMBERED_ENDS] ?? '',
    );
  }

  receive(delivery: Delivery, source: QueueConsumer): void {
    this.intake.receive(delivery, source);
  }

  /** The channel is gone: what has not started is in the queue again, what runs goes on. */
  interrupted(source: QueueConsumer): void {
    const lost = (run: TaskRun): boolean =>
      run.delivery.queue === source.queue && run.generation < source.generation;
    this.pool.removeWaiting(lost);
    this.limits.remove(lost);
    const held = this.schedule.remove(lost);
    for (const run of held) this.sources.delete(run);
    this.countHeld(source, -held.length);
  }

  /** Ends active runs of these ids, or lets waiting ones end on their start; tells which are here. */
  terminate(ids: ReadonlySet<string>, signum: number): readonly string[] {
    const waiting = [...this.pool.reserved, ...this.schedule.entries().map(({ task }) => task)];
    const known = [...this.active, ...waiting].filter((run) => ids.has(run.id));
    for (const run of known) {
      if (run.phase === 'active') this.runner.terminate(run, signum);
      else run.terminateOnStart = signum;
    }
    return known.map((run) => run.id);
  }

  /** Starts nothing more and hands back what has not started. Resolves when what runs is settled. */
  async drain(): Promise<void> {
    this.draining = true;
    this.pool.pause();
    const unstarted = [
      ...this.pool.removeWaiting(() => true),
      ...this.limits.remove(() => true),
      ...this.schedule.remove(() => true),
    ];
    for (const run of unstarted) this.deps.settler.giveBack(run);
    this.sources.clear();
    await Promise.all([this.pool.idle(), this.deps.relocation.idle()]);
  }

  /** Starts nothing more; what runs goes on. */
  hold(): void {
    this.pool.pause();
  }

  /** Tells everything that runs to end, without an outcome: late-acknowledged messages go back with the channel. */
  abort(reason: Error): void {
    for (const run of this.active) {
      this.deps.events.cancelled(run);
      // From here on an end of its code is no outcome any more: a FAILURE would be stored, and its message acknowledged.
      run.phase = 'concluded';
      run.clearTimers();
      run.abort(reason);
    }
  }

  onAccepted(run: TaskRun): void {
    const { task } = run.request;
    this.totals.set(task, (this.totals.get(task) ?? 0) + 1);
    this.accepted.set(run.id, run);
    if (!run.acksLate) this.recent.remember(runKey(run.request), run.generation);
  }

  onConcluded(run: TaskRun, outcome: Outcome): void {
    this.processedCount += 1;
    this.lastEnded[this.processedCount % REMEMBERED_ENDS] = run.id;
    this.pool.release();
    if (this.deps.logsTasks) this.logEnd(run, outcome);
  }

  onSettled(run: TaskRun, outcome: Outcome): void {
    if (this.accepted.get(run.id) === run) this.accepted.delete(run.id);
    // A late acknowledgement may have been written to a channel that died before the broker read it.
    if (run.acksLate && outcome.kind === 'SUCCESS') this.recent.remember(runKey(run.request), run.generation);
    this.pool.settled();
  }

  private run(run: TaskRun): void {
    if (this.deps.logsTasks) this.deps.logger.info(`Task ${run.request.task}[${run.id}] received`);
    if (this.limits.admit(run.request.task, run)) this.pool.submit(run);
  }

  /** A far ETA, or one too many, waits in the broker; if that cannot be, here after all. */
  private parks(run: TaskRun, until: number, source: QueueConsumer): boolean {
    const { parking, relocation, clock } = this.deps;
    const times = parkedTimes(run.request.headers);
    if (!parksEta(parking, until - clock.now(), this.schedule.size, times)) return false;
    void relocation.park(run.delivery, run.request.deliveryInfo, until).then((parked) => {
      if (parked) this.recent.remember(runKey(run.request), run.generation);
      else this.holdUnparked(run, until, source);
    });
    return true;
  }

  private holdUnparked(run: TaskRun, until: number, source: QueueConsumer): void {
    if (run.generation < source.generation) return;
    if (this.draining) {
      this.deps.settler.giveBack(run);
      return;
    }
    this.deps.events.received(run);
    this.defer(run, until, source);
  }

  private defer(run: TaskRun, until: number, source: QueueConsumer): void {
    this.sources.set(run, source);
    this.schedule.hold(run, until);
    this.countHeld(source, 1);
  }

  private due(run: TaskRun): void {
    const source = this.sources.get(run);
    this.sources.delete(run);
    if (source !== undefined) this.countHeld(source, -1);
    this.run(run);
  }

  private countHeld(source: QueueConsumer, change: number): void {
    const held = Math.max(0, (this.held.get(source) ?? 0) + change);
    this.held.set(source, held);
    source.setHeld(held);
  }

  private startInSlot(run: TaskRun): void {
    const admission = admit(run.request, this.deps.clock.now(), this.deps.revoked);
    if (admission.kind !== 'discard' || run.terminateOnStart !== null) {
      this.runner.start(run);
      return;
    }
    this.pool.release();
    const settling = this.discard(run, admission.reason);
    if (settling === undefined) this.pool.settled();
    else void settling.then(() => this.pool.settled());
  }

  /** An expired id counts as revoked from now on (celery/worker/request.py `maybe_expire`). */
  private discard(run: TaskRun, reason: 'expired' | 'revoked'): Promise<void> | undefined {
    if (reason === 'expired') this.deps.revoked.add([run.id]);
    return this.runner.discard(run, reason);
  }

  private sameRun(request: TaskRequest): TaskRun | undefined {
    const run = this.accepted.get(request.id);
    return run?.request.retries === request.retries ? run : undefined;
  }

  private logEnd(run: TaskRun, outcome: Outcome): void {
    const name = `Task ${run.request.task}[${run.id}]`;
    if (outcome.kind === 'SUCCESS') {
      this.deps.logger.info(`${name} succeeded in ${outcome.runtimeSeconds}s`);
    } else if (outcome.kind === 'FAILURE') {
      this.deps.logger.error(`${name} raised unexpected`, { error: outcome.error });
    } else {
      this.deps.logger.info(`${name} ended: ${outcome.kind}`);
    }
  }
}
