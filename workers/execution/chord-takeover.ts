import { type ChordHeritage, type ChordReturns, isHeritage } from '../canvas';
import { defineTask } from '../registry';
import type { Attempts } from './attempts';
import { RunContext } from './run-context';
import type { TaskServices } from './task-services';

export interface ChordTakeoverDeps {
  readonly services: TaskServices;
  readonly chords: ChordReturns;
  readonly attempts: Attempts;
  /** How often this worker looks, in milliseconds. */
  readonly intervalMs: number;
}

/** For the errbacks of a body that fails: there is no run. */
const NOBODY = defineTask('celery_gateway.takeover', { params: [] }, () => null);

/**
 * Looks after chords whose worker died while it had the right to fire the body: each worker looks from time to time, and the
 * first one to find such a chord goes on with it. A redelivered header task does so too, but there may be none, or a Python
 * worker has it, which leaves such a chord as it is.
 */
export class ChordTakeover {
  private timer: NodeJS.Timeout | undefined;
  private looking: boolean = false;

  constructor(private readonly deps: ChordTakeoverDeps) {}

  start(): void {
    if (this.deps.services.chordParts === undefined) return;
    this.timer ??= setInterval(() => void this.look(), this.deps.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    const { services } = this.deps;
    if (this.looking) return;
    this.looking = true;
    try {
      for (const left of (await services.chordParts?.orphans()) ?? []) {
        if (isHeritage(left)) await this.goOn(left);
      }
    } catch (error) {
      services.logger.warn('chords of dead workers were not looked for', { error });
    } finally {
      this.looking = false;
    }
  }

  private async goOn({ part, body, request }: ChordHeritage): Promise<void> {
    const { services, chords, attempts } = this.deps;
    const run = {
      request,
      definition: NOBODY,
      signal: new AbortController().signal,
      ignoresResult: true,
      children: [],
    };
    services.logger.warn('a chord is taken over from a worker that died', { group: part.groupId });
    await chords.giveBack([{ part, body }], {
      request,
      repeat: (action) => attempts.value('take a chord over', part.taskId, action),
      context: () => new RunContext(run, services),
    });
  }
}
