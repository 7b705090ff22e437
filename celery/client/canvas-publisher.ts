import { randomUUID } from 'node:crypto';
import { TaskError } from '../errors';
import { type CanvasPlan, type CanvasResult, canvas, type Signature, type TaskOptions } from '../protocol';
import type { CeleryClient } from './celery-client';
import type { ChordCounter, Continuation } from './chord-counter';
import type { SubmittedTask } from './client-options';

export interface CanvasPublisherOptions {
  readonly client: Pick<CeleryClient, 'submit'>;
  /** Frozen into every signature that has no `reply_to`: where results of steps still to come go. */
  readonly replyTo: string | (() => string);
  /** Without one, canvases that start with a chord are refused. */
  readonly chords?: ChordCounter | undefined;
  readonly newId?: (() => string) | undefined;
}

/** One `apply_async` of a canvas. */
export interface CanvasCall {
  /** Put before the first task's arguments. */
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly options?: TaskOptions | undefined;
}

/** A canvas whose first messages the broker has confirmed and routed. */
export interface PublishedCanvas {
  /** Ids of everything to come; null when the canvas was an empty chain. */
  readonly result: CanvasResult | null;
  /** What was published now: the first step, or each task of a group. */
  readonly tasks: readonly SubmittedTask[];
}

/** Does one thing of a plan, again if need be: how a worker holds on while the broker is away. */
export type Repeat = <T>(action: () => Promise<T>) => Promise<T>;

type TaskStep = Extract<canvas.PlanStep, { readonly kind: 'task' }>;

interface Divided {
  readonly step: canvas.PlanStep;
  readonly continuations?: readonly Continuation[] | undefined;
}

/** Submits on their way at once: a group of any size keeps well below the publisher's limit of messages in flight. */
const WINDOW = 256;

/** Publishes canvases as Celery's client does (celery/canvas.py `apply_async`): plans first, then sends what is planned. */
export class CanvasPublisher {
  readonly #options: CanvasPublisherOptions;

  constructor(options: CanvasPublisherOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the broker has confirmed and routed every message that starts the canvas.
   * @throws TaskError `TASK_INVALID`, `CANVAS_UNSUPPORTED`; QueueError or ConnectionError as {@link publish}.
   */
  async apply(given: Signature, call: CanvasCall = {}): Promise<PublishedCanvas> {
    const { replyTo, newId = randomUUID } = this.#options;
    const sig = canvas.isChunks(given) ? canvas.chunksGroup(given) : given;
    const { args = [], kwargs = {} } = call;
    const options = canvas.signatureOptionsOf(call.options ?? {});
    const context = { newId, replyTo: typeof replyTo === 'string' ? replyTo : replyTo() };
    const plan = canvas.planCanvas(sig, { args, kwargs, options }, context);
    return { result: plan.result, tasks: await this.publish(plan, canvas.routeNameOf(sig)) };
  }

  /**
   * Sends what was planned: for whoever plans with a context of its own, as a worker does for what follows a task. When one
   * message is refused, others of its group may be on their way: the first refusal is thrown once none is left in the open.
   * @param routeName Celery's `route_name`, for a map applied by itself.
   * @param repeat does each step; what is done is not done again when a later step has to be repeated. Default: once.
   * @throws TaskError `CANVAS_UNSUPPORTED` for a chord without a {@link ChordCounter}; QueueError or ConnectionError as
   * {@link CeleryClient.submit}.
   */
  async publish(
    { steps }: Pick<CanvasPlan, 'steps'>,
    routeName?: string,
    repeat: Repeat = (action) => action(),
  ): Promise<readonly SubmittedTask[]> {
    const chords = this.#chordsFor(steps);
    const divided: readonly Divided[] = steps.map((step) =>
      step.kind === 'task' ? (chords?.divide?.(step) ?? { step }) : { step },
    );
    const submitted: SubmittedTask[] = [];
    let open: TaskStep[] = [];
    const flush = async (): Promise<void> => {
      const batch = open;
      open = [];
      submitted.push(...(await this.#submitAll(batch, routeName, repeat)));
    };
    for (const { step, continuations = [] } of divided) {
      for (const continuation of continuations) await repeat(async () => chords?.takeOver?.(continuation));
      if (step.kind === 'task') open.push(step);
      if (step.kind !== 'task' || open.length === WINDOW) await flush();
      if (step.kind === 'chord') await repeat(async () => chords?.begin(step));
      else if (step.kind === 'chord-size') {
        await repeat(async () => chords?.setSize(step.groupId, step.size, step.begunBy));
      }
    }
    await flush();
    return submitted;
  }

  async #submitAll(
    steps: readonly TaskStep[],
    routeName: string | undefined,
    repeat: Repeat,
  ): Promise<SubmittedTask[]> {
    const outcomes = await Promise.allSettled(
      steps.map(({ task, args, kwargs, options }) =>
        repeat(() =>
          this.#options.client.submit({
            name: task,
            args,
            kwargs,
            options: canvas.taskOptionsOf(options),
            routeName,
          }),
        ),
      ),
    );
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  #chordsFor(steps: readonly canvas.PlanStep[]): ChordCounter | undefined {
    const { chords } = this.#options;
    if (chords === undefined && steps.some(({ kind }) => kind !== 'task')) {
      throw new TaskError('CANVAS_UNSUPPORTED', 'the result backend does not support chords');
    }
    return chords;
  }
}
