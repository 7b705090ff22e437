import { canvas, formatTraceback, type Signature, type TaskRequest } from '../../celery/protocol';
import type { TaskContext, TaskDefinition } from '../registry';
import type { CanvasDeps, Settling } from './canvas-services';
import { errbackPlan } from './next-steps';

/** Of whom errbacks are told. */
export type FailedTask = TaskRequest;

/**
 * Calls the errbacks of a failed task (celery/backends/base.py `_call_task_errbacks`). Those registered here as `inline` run at
 * once, with request, error and traceback; all others are sent, as one group, with the failed task's id.
 */
export class Errbacks {
  constructor(private readonly deps: CanvasDeps) {}

  async call(
    errbacks: readonly Signature[],
    failed: FailedTask,
    error: unknown,
    settling: Settling,
  ): Promise<void> {
    const sent: Signature[] = [];
    for (const errback of errbacks) {
      const definition = this.deps.taskOf(errback.task);
      if (definition?.settings.errbackStyle !== 'inline') sent.push(errback);
      else await this.callHere(definition, errback, { failed, error }, settling.context());
    }
    const plan = errbackPlan(sent, failed, this.deps.idsOf);
    if (plan !== null) await this.deps.services.canvas.publish(plan, undefined, settling.repeat);
  }

  /** What it throws is its own affair: the failure it is told of stands. */
  private async callHere(
    definition: TaskDefinition,
    errback: Signature,
    { failed, error }: { readonly failed: FailedTask; readonly error: unknown },
    context: TaskContext,
  ): Promise<void> {
    const { args, kwargs } = canvas.clone(errback, { args: [failed, error, formatTraceback(error)] });
    try {
      await definition.invoke(context, args, kwargs);
    } catch (thrown) {
      const { name: errback } = definition;
      this.deps.services.logger.error('an errback failed', { errback, taskId: failed.id, error: thrown });
    }
  }
}
