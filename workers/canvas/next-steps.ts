import { type CanvasPlan, canvas, type Signature, type TaskRequest } from '../../celery/protocol';
import { lineage, type Origin, planContext, traced } from './origin';

/** What runs after a task, as plans: nothing is sent, all ids are fixed. Each may throw TaskError `TASK_INVALID`. */
type NewId = () => string;

function planned(
  sig: Signature,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
  origin: Origin,
  newId: NewId,
): CanvasPlan {
  return traced(canvas.planCanvas(sig, { args, options }, planContext(origin, newId)), origin);
}

/**
 * The callbacks (`link`) of a task that succeeded: a single one as it is, of several the groups each by itself and the others
 * as one group (celery/app/trace.py `_dispatch_callbacks_and_chain`).
 */
export function callbackPlans(request: TaskRequest, value: unknown, newId: NewId): readonly CanvasPlan[] {
  const callbacks = (request.embed.callbacks ?? []).map(canvas.fromDict);
  const groups = callbacks.filter(canvas.isGroup);
  const others = callbacks.filter((callback) => !canvas.isGroup(callback));
  const several = others.length === 0 ? groups : [...groups, canvas.group(others)];
  const started = callbacks.length > 1 ? several : callbacks;
  return started.map((callback) => planned(callback, [value], lineage(request), request, newId));
}

/** The next step of a chain, whatever it is: the last element, which carries the others on. */
export function chainPlan(request: TaskRequest, value: unknown, newId: NewId): CanvasPlan | null {
  const chain = request.embed.chain ?? [];
  const next = chain.at(-1);
  if (next === undefined) return null;
  const options = { ...lineage(request), chain: chain.slice(0, -1) };
  return planned(canvas.fromDict(next), [value], options, request, newId);
}

/** Errbacks that are sent, as one group with the failed task's id as argument (celery/backends/base.py `_call_task_errbacks`). */
export function errbackPlan(errbacks: readonly Signature[], failed: Origin, newId: NewId): CanvasPlan | null {
  if (errbacks.length === 0) return null;
  const group = canvas.group(errbacks.map(canvas.fromDict));
  return planned(group, [failed.id], lineage(failed), failed, newId);
}

/** The body of a complete chord: as Celery's `callback.delay(results)`, with the task that completed it as parent. */
export function bodyPlan(
  body: Signature,
  values: readonly unknown[],
  origin: Origin,
  newId: NewId,
): CanvasPlan {
  return planned(canvas.fromDict(body), [values], {}, origin, newId);
}

/** A task's replacement, which has all it needs in its own options. */
export function replacementPlan(replacement: Signature, request: TaskRequest, newId: NewId): CanvasPlan {
  return planned(replacement, [], {}, request, newId);
}
