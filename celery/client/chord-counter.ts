import type { CanvasResult, ChordStep, canvas, Signature } from '../protocol';

/** A canvas to start with a task's result, and the chain that goes on after it, in reverse. */
export interface NextStep {
  readonly signature: Signature;
  readonly chain: readonly Signature[];
}

/** Steps that wait for a task and are started by whoever counts chords, not by the worker that ran the task. */
export interface Continuation {
  /** `step`: the rest of the task's chain, which fails with it. `callback`: what its success calls (`link`). */
  readonly kind: 'step' | 'callback';
  /** The task whose result the steps receive; its parents are the tasks before it. */
  readonly awaits: CanvasResult;
  readonly next: readonly NextStep[];
  readonly replyTo: string;
  readonly rootId: string;
}

/** A task step with only those later steps that a worker can start, and what becomes of the others. */
export interface DividedStep {
  readonly step: canvas.TaskStep;
  readonly continuations?: readonly Continuation[] | undefined;
}

/**
 * Where a chord's completions are counted, told by whoever publishes its header: the client's half of a result backend that
 * supports chords (celery/backends: `apply_chord`, `set_chord_size`).
 */
export interface ChordCounter {
  /**
   * Before any header task is published. Redis keeps the header's structure here when it has groups as members, others start
   * to watch the header's results.
   * @throws RabbitMQError; nothing of the chord is published then.
   */
  begin(chord: ChordStep): Promise<void>;
  /**
   * Before any header task is published.
   * @param size completions that fire the body.
   * @param begunBy who begins it, where that may happen again: a chord that is over by then stays over. Default: a new run.
   */
  setSize(groupId: string, size: number, begunBy?: string): Promise<void>;
  /**
   * For backends on which workers cannot start chords: takes the later steps from the first such one on out of a task. Pure;
   * asked for every task before anything of the canvas is sent.
   * @throws TaskError `CANVAS_UNSUPPORTED` for what nobody could start either.
   */
  divide?(step: canvas.TaskStep): DividedStep;
  /** Takes over what {@link divide} took out. Before the task is published. @throws RabbitMQError. */
  takeOver?(continuation: Continuation): Promise<void>;
}
