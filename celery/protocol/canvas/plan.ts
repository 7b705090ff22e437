import { mergeSignature, type Signature } from '../signature';
import { applyChain } from './apply-chain';
import { applyChord } from './apply-chord';
import { applyGroup } from './apply-group';
import { type ResultDraft, resultValue, taskResult } from './canvas-result';
import { type Draft, isRecord, listOf, type TaskDraft } from './draft';
import { copiedOptions, toDraft } from './draft-value';
import type { ApplyCall, ApplyContext, CanvasPlan, PlanContext, PlanStep } from './plan-step';

/** One task message: the call's options win over the signature's, empty ones do not count (`Signature.apply_async`). */
const applyTask = (sig: TaskDraft, call: ApplyCall, context: ApplyContext): ResultDraft => {
  const given = Object.entries(call.options ?? {}).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  const merged = mergeSignature(sig, call.args, call.kwargs, Object.fromEntries(given));
  const options: Record<string, unknown> = { ...merged.options };
  const id = String(options.task_id || context.newId());
  options.task_id = id;
  options.reply_to ||= context.replyTo;
  for (const name of ['link', 'link_error'])
    if (isRecord(options[name])) options[name] = listOf(options[name]);
  if (context.parent !== undefined) {
    options.root_id ||= context.parent.rootId || context.parent.id;
    options.parent_id ||= context.parent.id;
  }
  context.add({ kind: 'task', task: merged.task, args: merged.args, kwargs: merged.kwargs, options });
  const result = taskResult(id);
  if (options.add_to_parent !== false) context.addToTrail(result);
  return result;
};

/**
 * What Celery's client does on `canvas.apply_async(args, kwargs, **options)`, as a value: which messages in which order, when a
 * chord begins and how many completions it waits for, and the result. Nothing is sent.
 * @throws TaskError `TASK_INVALID` for what Celery cannot start: callbacks on a group, a chord without body, an empty chain
 * inside of what needs its result.
 */
export const planCanvas = (canvas: Signature, call: ApplyCall, context: PlanContext): CanvasPlan => {
  const steps: PlanStep[] = [];
  const trail: ResultDraft[] = [];
  const rules: ApplyContext = {
    ...context,
    add: (step) => steps.push(step),
    addToTrail: (result) => trail.push(result),
    apply: (sig: Draft, inner) => {
      switch (sig.subtask_type) {
        case 'chain':
          return applyChain(sig, inner, rules);
        case 'group':
          return applyGroup(sig, inner, rules);
        case 'chord':
          return applyChord(sig, inner, rules);
        default:
          return applyTask(sig, inner, rules);
      }
    },
  };
  const result = rules.apply(toDraft(canvas), { ...call, options: copiedOptions(call.options ?? {}) });
  return { steps, result: result && resultValue(result), trail: trail.map(resultValue) };
};

/**
 * A plan that may be started again under the same ids, as what follows a task is when its message is delivered again: the chords
 * in it run once for the same beginner.
 */
export const begunBy = (plan: CanvasPlan, beginner: string): CanvasPlan => ({
  ...plan,
  steps: plan.steps.map((step) => (step.kind === 'chord-size' ? { ...step, begunBy: beginner } : step)),
});
