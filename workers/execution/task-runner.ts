import { terminated } from './celery-errors';
import type { Executor } from './executor';
import type { Outcome } from './outcome';
import { startedMeta } from './result-meta';
import type { Settler } from './settler';
import type { TaskEvents } from './task-events';
import type { TaskRun } from './task-run';
import type { TaskServices } from './task-services';
import { armTimeLimits } from './time-limits';

/** What the runner tells about each run as it goes. */
export interface RunObserver {
  /** A slot accepted the run; it has been acknowledged if it acknowledges early. */
  onAccepted(run: TaskRun): void;
  /** The code has ended: the slot is free. */
  onConcluded(run: TaskRun, outcome: Outcome): void;
  /** All side effects are done. */
  onSettled(run: TaskRun, outcome: Outcome): void;
}

export interface TaskRunnerDeps {
  readonly services: TaskServices;
  readonly settler: Settler;
  readonly events: TaskEvents;
  readonly observer: RunObserver;
  readonly executor: Executor;
}

/** Takes an admitted run through its slot: accept, execute, conclude once, settle. */
export class TaskRunner {
  constructor(private readonly deps: TaskRunnerDeps) {}

  start(run: TaskRun): void {
    const { services, settler, events, observer } = this.deps;
    run.phase = 'active';
    run.startedAt = services.clock.now();
    if (!run.acksLate) settler.acknowledge(run);
    observer.onAccepted(run);
    events.started(run);
    if (run.terminateOnStart !== null) {
      this.terminate(run, run.terminateOnStart);
      return;
    }
    if (this.tracksStart(run)) void this.storeStarted(run).then(() => this.execute(run));
    else this.execute(run);
  }

  /** Ends a run from outside: its signal aborts and its slot is free; what the code still does is ignored. */
  terminate(run: TaskRun, signum: number): void {
    if (run.phase === 'concluded') return;
    run.abort(terminated(signum));
    this.endEarly(run, { kind: 'REVOKED', reason: 'terminated', signum });
  }

  /** Ends a run that no slot accepted: expired or revoked. */
  discard(run: TaskRun, reason: 'expired' | 'revoked'): Promise<void> | undefined {
    run.phase = 'concluded';
    return this.deps.settler.settle(run, { kind: 'REVOKED', reason, signum: null });
  }

  private execute(run: TaskRun): void {
    if (run.phase !== 'active') return;
    this.deps.executor.execute(run, this.begin, (outcome) => this.conclude(run, outcome));
  }

  private readonly begin = (run: TaskRun): void => armTimeLimits(run, this.endEarly);

  /** Ends a run while its code goes on; a property, so that runs without limits cost no closure. */
  private readonly endEarly = (run: TaskRun, outcome: Outcome): void => {
    if (run.phase === 'concluded') return;
    this.deps.executor.abandon(run);
    this.conclude(run, outcome);
  };

  /** The first conclusion counts: after a limit or a terminate the code may still end, too late. */
  private conclude(run: TaskRun, outcome: Outcome): void {
    if (run.phase === 'concluded') return;
    run.phase = 'concluded';
    run.clearTimers();
    const { observer, settler } = this.deps;
    observer.onConcluded(run, outcome);
    const settling = settler.settle(run, outcome);
    if (settling === undefined) observer.onSettled(run, outcome);
    else void settling.then(() => observer.onSettled(run, outcome));
  }

  private tracksStart(run: TaskRun): boolean {
    return (
      run.definition.settings.trackStarted === true && this.deps.services.storesResults && !run.ignoresResult
    );
  }

  /** STARTED is a courtesy: without a broker the task runs all the same. */
  private async storeStarted(run: TaskRun): Promise<void> {
    const { results, nodename, logger } = this.deps.services;
    try {
      await results.storeResult(run.request, startedMeta(run, nodename));
    } catch (error) {
      logger.warn('STARTED was not stored', { taskId: run.id, error });
    }
  }
}
