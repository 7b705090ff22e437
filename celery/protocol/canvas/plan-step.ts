import type { SignatureOptions } from '../signature';
import type { Canvas } from './canvas';
import type { CanvasResult, GroupResultId, ResultDraft } from './canvas-result';
import type { Draft, DraftOptions } from './draft';
import type { FreezeContext } from './freeze-parts';

/** A task message to be published. Its options are in Celery's spelling; `task_id` and `reply_to` are there. */
export interface TaskStep {
  readonly kind: 'task';
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: SignatureOptions;
}

/** A chord whose header is published next: where backends prepare themselves (`apply_chord` of celery/backends). */
export interface ChordStep {
  readonly kind: 'chord';
  readonly groupId: string;
  /** Header results as the body is to receive them. */
  readonly header: GroupResultId;
  /** The body as each header task carries it. */
  readonly body: Canvas;
  readonly interval: number | null;
  readonly maxRetries: number | null;
}

/** How many completions fire a chord's body; comes before the header's first task is published (`set_chord_size`). */
export interface ChordSizeStep {
  readonly kind: 'chord-size';
  readonly groupId: string;
  readonly size: number;
  /**
   * Who begins it, where that may happen again under the same ids: to the same one a chord that is over stays over. Without, each
   * begin is a new run, as where a caller applies a frozen chord once more.
   */
  readonly begunBy?: string;
}

export type PlanStep = TaskStep | ChordStep | ChordSizeStep;

/** Everything Celery's client would do to start a canvas, in its order, and the result it would return. */
export interface CanvasPlan {
  readonly steps: readonly PlanStep[];
  /** Null for an empty chain, which does nothing. */
  readonly result: CanvasResult | null;
  /** What the task that applies the canvas keeps as its `children` (Celery's `add_trail`). */
  readonly trail: readonly CanvasResult[];
}

/** Who plans. */
export interface PlanContext extends FreezeContext {
  /** The task that runs while it applies the canvas; none in a client. Messages without root or parent get its. */
  readonly parent?: { readonly id: string; readonly rootId: string | null } | undefined;
}

/** One `apply_async`. */
export interface ApplyCall {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<DraftOptions>;
}

/** What the rules of one kind of canvas need to apply the others in it. */
export interface ApplyContext extends PlanContext {
  readonly add: (step: PlanStep) => void;
  readonly addToTrail: (result: ResultDraft) => void;
  readonly apply: (sig: Draft, call: ApplyCall) => ResultDraft | null;
}
