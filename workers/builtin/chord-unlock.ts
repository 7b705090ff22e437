import {
  type CanvasResult,
  canvas,
  exceptionRepr,
  type PythonError,
  READY_STATES,
  type Signature,
  type TaskMeta,
} from '../../celery/protocol';
import { chordValues } from '../../celery/results';
import {
  bodyPlan,
  type CanvasDeps,
  type ChordReturns,
  chordError,
  type FailurePropagation,
  type Settling,
} from '../canvas';
import { Retry } from '../execution';
import { defineTask, type TaskContext, type TaskDefinition } from '../registry';

export interface ChordUnlockDeps extends CanvasDeps {
  readonly failures: FailurePropagation;
  readonly chords: ChordReturns;
}

const leavesOf = (result: CanvasResult): readonly string[] =>
  result.results === null ? [result.id] : result.results.flatMap(leavesOf);

/** One poll of a header: is it ready, and if so its body is fired or fails. */
class Unlocking {
  private readonly settling: Settling;

  constructor(
    private readonly deps: ChordUnlockDeps,
    private readonly context: TaskContext,
    private readonly body: Signature,
    private readonly header: Extract<CanvasResult, { readonly results: readonly CanvasResult[] }>,
  ) {
    this.settling = { request: context.request, repeat: (action) => action(), context: () => context };
  }

  async isReady(): Promise<boolean> {
    for (const id of leavesOf(this.header)) {
      const meta = await this.read(id);
      if (meta === null || !READY_STATES.has(meta.status)) return false;
    }
    return true;
  }

  async fire(): Promise<void> {
    const { services, idsOf } = this.deps;
    const { request: origin } = this.context;
    const joined = await chordValues({ header: this.header, parts: [] }, (id) => this.read(id));
    if (joined.kind === 'failed') {
      await this.fail(`Dependency ${joined.taskId} raised ${exceptionRepr(joined.cause)}`, joined.cause);
      return;
    }
    try {
      await services.canvas.publish(
        bodyPlan(this.body, joined.values, { origin, groupId: this.header.id }, idsOf),
      );
    } catch (error) {
      await this.fail(`Callback error: ${exceptionRepr(error)}`, error);
    }
  }

  async fail(reason: string, cause: unknown): Promise<void> {
    const { failures, chords } = this.deps;
    const error: PythonError = chordError(reason, cause);
    await chords.giveBack(await failures.failBody(this.body, error, this.settling), this.settling);
  }

  private async read(taskId: string): Promise<TaskMeta | null> {
    return (await this.deps.services.reader?.getTaskMeta(taskId)) ?? null;
  }
}

/**
 * `celery.chord_unlock`, sent by clients whose result backend counts no chords: asks for the header's results until all are
 * there, then fires the body (celery/app/builtins.py `unlock_chord`). A backend this worker cannot read (rpc) has none, and
 * it asks for ever, as in Celery.
 */
export const chordUnlock = (deps: ChordUnlockDeps): TaskDefinition =>
  defineTask(
    'celery.chord_unlock',
    {
      params: [
        'group_id',
        'callback',
        { name: 'interval', default: null },
        { name: 'max_retries', default: null },
        { name: 'result', default: null },
        '**options',
      ],
      maxRetries: null,
      defaultRetryDelaySeconds: 1,
      ignoreResult: true,
    },
    async (context, { group_id, callback, interval, max_retries, result }) => {
      const results = (result as readonly canvas.ResultTuple[]).map((each) => canvas.resultFromTuple(each));
      const header = { id: String(group_id), parent: null, results };
      const unlocking = new Unlocking(deps, context, canvas.fromDict(callback), header);
      const again = {
        ...(typeof interval === 'number' ? { countdownSeconds: interval } : {}),
        ...(typeof max_retries === 'number' ? { maxRetries: max_retries } : {}),
      };
      try {
        const isReady = await unlocking
          .isReady()
          .catch((cause: unknown) => context.retry({ ...again, cause }));
        if (!isReady) await context.retry(again);
      } catch (error) {
        // Nobody will ask again: the body would stay pending for ever.
        if (!(error instanceof Retry)) {
          await unlocking.fail(`chord_unlock could not be retried: ${exceptionRepr(error)}`, error);
        }
        throw error;
      }
      await unlocking.fire();
      return null;
    },
  );
