import { createHash } from 'node:crypto';
import {
  type CanvasPlan,
  canvas,
  type Signature,
  stringifyJson,
  type TaskRequest,
} from '../../celery/protocol';
import { lineage, type Origin, planContext, traced } from './origin';

/**
 * What runs after a task, as plans: nothing is sent, all ids are fixed. They are the same when the task's message is delivered
 * again, so that what is sent twice is known to be one. Each may throw TaskError `TASK_INVALID`.
 */
export type IdsOf = (beginner: string) => () => string;

interface Start {
  readonly args: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
  /** Who starts it: the same for each delivery of what it follows. */
  readonly beginner: string;
  readonly idsOf: IdsOf;
}

function planned(sig: Signature, { args, options = {}, origin, beginner, idsOf }: Start): CanvasPlan {
  const plan = canvas.planCanvas(sig, { args, options }, planContext(origin, idsOf(beginner)));
  return canvas.begunBy(traced(plan, origin), beginner);
}

/** Not by its retries: a copy of a task that has gone on may still ask for one. */
const after = ({ id, replacedTaskNesting }: TaskRequest): string => `${id} ${replacedTaskNesting}`;

/**
 * The callbacks (`link`) of a task that succeeded: a single one as it is, of several the groups each by itself and the others
 * as one group (celery/app/trace.py `_dispatch_callbacks_and_chain`).
 */
export function callbackPlans(request: TaskRequest, value: unknown, idsOf: IdsOf): readonly CanvasPlan[] {
  const callbacks = (request.embed.callbacks ?? []).map(canvas.fromDict);
  const groups = callbacks.filter(canvas.isGroup);
  const others = callbacks.filter((callback) => !canvas.isGroup(callback));
  const several = others.length === 0 ? groups : [...groups, canvas.group(others)];
  const started = callbacks.length > 1 ? several : callbacks;
  const options = lineage(request);
  return started.map((callback, index) =>
    planned(callback, {
      args: [value],
      options,
      origin: request,
      beginner: `callback ${index} of ${after(request)}`,
      idsOf,
    }),
  );
}

/** The next step of a chain, whatever it is: the last element, which carries the others on. */
export function chainPlan(request: TaskRequest, value: unknown, idsOf: IdsOf): CanvasPlan | null {
  const chain = request.embed.chain ?? [];
  const next = chain.at(-1);
  if (next === undefined) return null;
  const options = { ...lineage(request), chain: chain.slice(0, -1) };
  const beginner = `step after ${after(request)}`;
  return planned(canvas.fromDict(next), { args: [value], options, origin: request, beginner, idsOf });
}

/** Errbacks that are sent, as one group with the failed task's id as argument (celery/backends/base.py `_call_task_errbacks`). */
export function errbackPlan(errbacks: readonly Signature[], failed: Origin, idsOf: IdsOf): CanvasPlan | null {
  if (errbacks.length === 0) return null;
  const group = canvas.group(errbacks.map(canvas.fromDict));
  const beginner = `errbacks of ${failed.id}`;
  return planned(group, { args: [failed.id], options: lineage(failed), origin: failed, beginner, idsOf });
}

/** The body of a complete chord: as Celery's `callback.delay(results)`, with the task that completed it as parent. */
export function bodyPlan(
  body: Signature,
  values: readonly unknown[],
  { origin, groupId }: { readonly origin: Origin; readonly groupId: string },
  idsOf: IdsOf,
): CanvasPlan {
  return planned(canvas.fromDict(body), { args: [values], origin, beginner: `body of ${groupId}`, idsOf });
}

/** A task's replacement, which has all it needs in its own options. */
export function replacementPlan(replacement: Signature, request: TaskRequest, idsOf: IdsOf): CanvasPlan {
  const beginner = replacementOrigin(request, replacement);
  return planned(replacement, { args: [], origin: request, beginner, idsOf });
}

/** A task that runs again may replace itself by something else: that is another start. */
export function replacementOrigin(request: TaskRequest, replacement: Signature): string {
  const digest = createHash('sha1').update(stringifyJson(replacement)).digest('base64');
  return `replacement of ${after(request)} ${digest}`;
}
