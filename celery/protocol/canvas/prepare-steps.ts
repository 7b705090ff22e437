import { firstAncestor, type ResultDraft } from './canvas-result';
import { stripHeaderChords, unrolledBody } from './chord-tail';
import { clone, newChord } from './clone';
import {
  type ChainDraft,
  type ChordDraft,
  type Draft,
  type GroupDraft,
  isChainLedByTask,
  isEmptyGroup,
  unrolledGroup,
} from './draft';
import type { FreezeContext, FreezeParts } from './freeze-parts';
import { linkError } from './links';

/** Freezing a step is freezing any canvas: handed in, since that needs this in turn. */
interface StepsContext extends FreezeContext {
  readonly freeze: (sig: Draft, parts: FreezeParts, context: FreezeContext) => ResultDraft;
}

export interface StepsOptions extends FreezeParts {
  /** Put before the first task's own arguments. */
  readonly args: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Errbacks for every step. */
  readonly linkErrors?: readonly Draft[];
  /** True when the chain is about to run, so that its own steps stay as they are; false when it is frozen itself. */
  readonly copy: boolean;
}

/** Steps and their results, last step first: the order of the message's `chain`. */
export interface PreparedSteps {
  readonly tasks: Draft[];
  readonly results: ResultDraft[];
}

/**
 * The steps with the first real task in front, so that it is the one to get the partial arguments: leading chains are opened,
 * leading empty groups dropped unless nothing else is there.
 */
const withTaskInFront = (steps: Draft[], copy: boolean): Draft[] => {
  const stack = [...steps].reverse();
  let dropped: Draft | undefined;
  for (let head = stack.at(-1); head !== undefined; head = stack.at(-1)) {
    if (head.subtask_type === 'chain') {
      stack.pop();
      const opened = (copy ? clone(head) : head) as ChainDraft;
      stack.push(...[...opened.kwargs.tasks].reverse());
      continue;
    }
    if (head.subtask_type !== 'group') break;
    head = unrolledGroup(head);
    stack[stack.length - 1] = head;
    if (stack.length === 1 || !isEmptyGroup(head)) break;
    dropped = stack.pop();
  }
  if (dropped !== undefined && stack.length === 0) stack.push(dropped);
  return stack.reverse();
};

/** Python takes an empty group for nothing, even as the step that comes next. */
const unlessEmpty = (task: Draft | undefined): Draft | undefined =>
  task !== undefined && isEmptyGroup(task) ? undefined : task;

/** Walks a chain from its last step to its first: what {@link prepareSteps} does, with what it must remember. */
class ChainPreparation {
  readonly tasks: Draft[] = [];
  readonly results: ResultDraft[] = [];
  readonly #steps: Draft[];
  readonly #options: StepsOptions;
  readonly #context: StepsContext;
  /** The step after the current one, and the result the current one's comes before. */
  #next: Draft | undefined;
  #nextResult: ResultDraft | undefined;

  constructor(chain: ChainDraft, options: StepsOptions, context: StepsContext) {
    this.#steps = withTaskInFront(chain.kwargs.tasks, options.copy);
    this.#options = options;
    this.#context = context;
  }

  run(): void {
    let first = true;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const task = this.#opened(step);
      if (task === undefined) continue;
      const upgraded = task.subtask_type === 'group' && this.#next ? this.#upgraded(task, this.#next) : task;
      this.#add(upgraded, first);
      first = false;
    }
  }

  /** The step as one task of the chain; undefined when it is empty or has been replaced by the steps in it. */
  #opened(step: Draft): Draft | undefined {
    const { copy, args, kwargs = {} } = this.#options;
    let task = step.subtask_type === 'group' ? unrolledGroup(step) : step;
    const isFirst = this.#steps.length === 0;
    if (isEmptyGroup(task) && (!isFirst || this.#next !== undefined)) return undefined;
    if (copy && task.subtask_type === 'chord' && isChainLedByTask(task.kwargs.body)) {
      this.#steps.push(...unrolledBody(task));
      return undefined;
    }
    if (copy) task = isFirst ? clone(task, { args, kwargs }) : clone(task);
    else if (isFirst) task.args = [...args, ...task.args];
    if (task.subtask_type !== 'chain') return task;
    this.#steps.push(...task.kwargs.tasks);
    return undefined;
  }

  /** A group before a task is the header of a chord with that task as its body; what follows then follows the chord. */
  #upgraded(group: GroupDraft, body: Draft): ChordDraft {
    this.tasks.pop();
    const bodyResult = this.results.pop();
    const root = { root_id: this.#options.rootId ?? null };
    // A group's result stands for many tasks: the chord of it has no id of its own.
    const isOne = this.#nextResult?.results === null;
    const options = isOne ? { task_id: this.#nextResult?.id, ...root } : root;
    const chord = newChord(group, body, { options });
    this.#next = unlessEmpty(this.tasks.at(-1));
    let node: ResultDraft | null = this.results.at(-1) ?? null;
    while (node !== null && node.parent !== bodyResult) node = node.parent;
    if (node !== null) {
      node.parent = null;
      this.#nextResult = node;
    }
    return chord;
  }

  #add(task: Draft, isLast: boolean): void {
    const { id, rootId, groupId, chord, groupIndex, linkErrors = [] } = this.#options;
    const parts = isLast ? { id, rootId, groupId, chord, groupIndex } : { rootId };
    const result = this.#context.freeze(task, parts, this.#context);
    if (this.#next !== undefined && this.#nextResult?.parent === null) this.#nextResult.parent = result;
    for (const errback of linkErrors) {
      linkError(task, errback);
      // Celery reads a failed chord's errbacks from the body.
      if (task.subtask_type === 'chord' && task.kwargs.body) linkError(task.kwargs.body, errback);
    }
    this.tasks.push(task);
    this.results.push(result);
    this.#next = unlessEmpty(task);
    this.#nextResult = task.subtask_type === 'chord' ? firstAncestor(result) : result;
  }
}

/**
 * A chain made ready to run: nested chains opened, groups before a task upgraded to chords, every step frozen. The chain itself
 * takes the id of its last task (celery/canvas.py `prepare_steps`).
 */
export const prepareSteps = (
  chain: ChainDraft,
  options: StepsOptions,
  context: StepsContext,
): PreparedSteps => {
  const preparation = new ChainPreparation(chain, options, context);
  preparation.run();
  const { tasks, results } = preparation;
  chain.options.task_id = results[0]?.id ?? options.id ?? null;
  if (options.copy) for (const task of tasks) stripHeaderChords(task);
  return { tasks, results };
};
