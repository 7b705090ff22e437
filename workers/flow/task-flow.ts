import type { Delivery } from '../../amqp';
import type { ContentProtection } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import {
  type Executor,
  type Outcome,
  type RunObserver,
  type Settler,
  type TaskEvents,
  type TaskRun,
  TaskRunner,
  type TaskServices,
  type TaskSpans,
} from '../execution';
import {
  admit,
  type EtaParkingLimits,
  type EtaSchedule,
  type QueueConsumer,
  RateLimits,
  RecentlySettled,
  type Relocation,
  type RevokedTasks,
  runKey,
  TaskIntake,
} from '../intake';
import { AsyncPool } from '../pool';
import { type TaskRegistry, tasksPerSecond } from '../registry';
import { AcceptedRuns } from './accepted-runs';
import { HeldTasks } from './held-tasks';
import { TaskLines } from './task-lines';

export interface TaskFlowDeps {
  readonly registry: TaskRegistry;
  readonly revoked: RevokedTasks;
  readonly settler: Settler;
  readonly events: TaskEvents;
  readonly services: TaskServices;
  readonly concurrency: number;
  readonly executor: Executor;
  /** Ends the spans of runs; undefined where none are made. */
  readonly spans?: Pick<TaskSpans, 'end'> | undefined;
  readonly relocation: Relocation;
  readonly parking: EtaParkingLimits;
  /** Content types of messages this worker reads. */
  readonly accept: ReadonlySet<string>;
  readonly protection?: ContentProtection | undefined;
  /** How often a task nobody here knows is handed back; 0: it is rejected. */
  readonly maxHandBacks: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Log each task's receipt and end at info, as Celery does; failures are logged in any case. */
  readonly logsTasks: () => boolean;
}

/** Ended tasks that may wait for the broker before new ones start, for each slot and at least. */
const SETTLING_PER_SLOT = 4;
const MIN_SETTLING = 100;

/** The way of every task through this process: received → held or waiting → active → settled. */
export class TaskFlow implements RunObserver {
  readonly pool: AsyncPool<TaskRun>;
  readonly limits: RateLimits<TaskRun>;
  private readonly intake: TaskIntake<QueueConsumer>;
  private readonly runner: TaskRunner;
  private readonly accepted = new AcceptedRuns();
  private readonly held: HeldTasks;
  private readonly recent = new RecentlySettled();
  private readonly lines: TaskLines;

  constructor(private readonly deps: TaskFlowDeps) {
    const { clock, concurrency, events } = deps;
    this.lines = new TaskLines({ logger: deps.logger, all: deps.logsTasks });
    const told = {
      received: (run: TaskRun): void => {
        events.received(run);
        this.lines.received(run);
      },
    };
    this.pool = new AsyncPool({
      concurrency,
      maxSettling: Math.max(MIN_SETTLING, concurrency * SETTLING_PER_SLOT),
      start: (run) => this.startInSlot(run),
    });
    this.held = new HeldTasks({
      ...deps,
      events: told,
      onDue: (run) => this.run(run),
      onParked: (run) => this.remember(run),
    });
    this.limits = new RateLimits({
      monotonic: () => clock.monotonic(),
      rateOf: (task) => tasksPerSecond(deps.registry.get(task)?.settings.rateLimit),
      release: (run) => this.pool.submit(run),
    });
    this.runner = new TaskRunner({ ...deps, observer: this });
    this.intake = new TaskIntake({
      ...deps,
      events: told,
      recent: this.recent,
      unsettled: (request) => this.accepted.same(request),
      onRun: (run) => this.run(run),
      parks: (run, until, source) => this.held.parks(run, until, source),
      onDefer: (run, until, source) => this.held.hold(run, until, source),
      onDiscard: (run, reason) => void this.discard(run, reason),
    });
  }

  /** What waits here for its ETA. */
  get schedule(): EtaSchedule<TaskRun> {
    return this.held.schedule;
  }

  /** Tasks accepted, by name. */
  get totals(): ReadonlyMap<string, number> {
    return this.accepted.totals;
  }

  /** Runs accepted and not yet ended. */
  get active(): readonly TaskRun[] {
    return this.accepted.active;
  }

  get processed(): number {
    return this.accepted.processed;
  }

  /** Ids of the last tasks that ended since `processed` was this; a few at most. */
  endedSince(processed: number): readonly string[] {
    return this.accepted.endedSince(processed);
  }

  receive(delivery: Delivery, source: QueueConsumer): void {
    this.intake.receive(delivery, source);
  }

  /** The channel is gone: what has not started is in the queue again, what runs goes on. */
  interrupted(source: QueueConsumer): void {
    const isLost = (run: TaskRun): boolean =>
      run.delivery.queue === source.queue && run.generation < source.generation;
    this.pool.removeWaiting(isLost);
    this.limits.remove(isLost);
    this.held.interrupted(source, isLost);
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
    this.pool.pause();
    const unstarted = [
      ...this.pool.removeWaiting(() => true),
      ...this.limits.remove(() => true),
      ...this.held.drain(),
    ];
    for (const run of unstarted) this.deps.settler.giveBack(run);
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
      this.deps.spans?.end(run);
    }
  }

  onAccepted(run: TaskRun): void {
    this.accepted.accept(run);
    if (!run.acksLate) this.remember(run);
  }

  onConcluded(run: TaskRun, outcome: Outcome): void {
    this.deps.spans?.end(run, outcome);
    this.accepted.end(run);
    this.pool.release();
    this.lines.ended(run, outcome);
  }

  onSettled(run: TaskRun, outcome: Outcome): void {
    this.accepted.settle(run);
    // A late acknowledgement may have been written to a channel that died before the broker read it.
    if (run.acksLate && outcome.kind === 'SUCCESS') this.remember(run);
    this.pool.settled();
  }

  private run(run: TaskRun): void {
    if (this.limits.admit(run.request.task, run)) this.pool.submit(run);
  }

  private remember(run: TaskRun): void {
    this.recent.remember(runKey(run.request), run.generation);
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
    this.lines.ended(run, { kind: 'REVOKED', reason, signum: null });
    return this.runner.discard(run, reason);
  }
}
