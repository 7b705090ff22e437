import type { TaskRun } from '../execution';

/** A task as `inspect active`, `reserved` and `scheduled` show it (celery/worker/request.py `info`). */
export function taskInfo(run: TaskRun, nodename: string, safe = false): Readonly<Record<string, unknown>> {
  const { request } = run;
  const asRepr = safe || request.hidden === true;
  const { exchange, routingKey, priority, redelivered } = request.deliveryInfo;
  return {
    id: request.id,
    name: request.shadow ?? request.task,
    args: asRepr ? request.argsrepr : request.args,
    kwargs: asRepr ? request.kwargsrepr : request.kwargs,
    type: request.task,
    hostname: nodename,
    time_start: run.startedAt === null ? null : run.startedAt / 1000,
    acknowledged: run.delivery.settled,
    delivery_info: { exchange, routing_key: routingKey, priority, redelivered },
    worker_pid: run.startedAt === null ? null : process.pid,
  };
}
