import { autoretried } from './autoretry';
import { execute } from './execute';
import type { Outcome } from './outcome';
import { RunContext } from './run-context';
import type { TaskRun } from './task-run';
import type { TaskServices } from './task-services';

/** Where the code of accepted tasks runs. */
export interface Executor {
  /**
   * Runs the code: tells when it begins, for its time counts from there, and concludes when it ended. Never throws.
   */
  execute(run: TaskRun, begin: (run: TaskRun) => void, conclude: (outcome: Outcome) => void): void;
  /** The run is over before its code (limit, terminate): end the code if that can be done. */
  abandon(run: TaskRun): void;
}

/** Runs tasks in this event loop. Code that is abandoned hears it through its signal; nothing can make it stop. */
export class LocalExecutor implements Executor {
  constructor(private readonly deps: { readonly services: TaskServices; readonly random: () => number }) {}

  execute(run: TaskRun, begin: (run: TaskRun) => void, conclude: (outcome: Outcome) => void): void {
    begin(run);
    const { services, random } = this.deps;
    const { request, definition } = run;
    execute(run, new RunContext(run, services), services.clock, (outcome) =>
      conclude(autoretried(outcome, request, definition.settings, services.clock.now(), random)),
    );
  }

  abandon(): void {
    // Its signal has aborted; JavaScript offers no more.
  }
}
