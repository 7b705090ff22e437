import type { HeaderTable } from '../../amqp';
import type { CanvasPlan, canvas, TaskRequest } from '../../celery/protocol';
import { withTrace } from './trace-context';

/** The task in whose name something is published. */
export type Origin = Pick<TaskRequest, 'id' | 'rootId' | 'replyTo' | 'headers'>;

/**
 * Who plans: what is published from here has the task as its parent. Signatures without a `reply_to` get the task's own, so
 * that whoever called it hears of what became of it; Celery's go to the worker, where nobody reads them.
 */
export const planContext = (origin: Origin, newId: () => string): canvas.PlanContext => ({
  newId,
  replyTo: origin.replyTo ?? '',
  parent: { id: origin.id, rootId: origin.rootId },
});

/** The options Celery hands to each next step (celery/app/trace.py). */
export const lineage = ({
  id,
  rootId,
}: Pick<Origin, 'id' | 'rootId'>): canvas.ApplyCall['options'] & object => ({
  parent_id: id,
  root_id: rootId ?? id,
});

/** The plan with the trace of its origin on each message; see {@link withTrace}. */
export function traced(plan: CanvasPlan, origin: Pick<Origin, 'headers'>): CanvasPlan {
  if (withTrace(origin, undefined) === undefined) return plan;
  const steps = plan.steps.map((step) => {
    if (step.kind !== 'task') return step;
    const own = (step.options.headers as HeaderTable | null | undefined) ?? undefined;
    return { ...step, options: { ...step.options, headers: withTrace(origin, own) } };
  });
  return { ...plan, steps };
}
