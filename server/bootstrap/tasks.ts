import { Deduplication, isReady, SubmitChecks, TaskService, taskRoutes, taskStatus } from '../tasks';
import type { Feature, FeatureContext } from './feature';

/** Where results of tasks go whose messages this gateway writes; nowhere while messaging is switched off. */
export function replyToOf({ broker }: FeatureContext): () => string {
  return broker === undefined ? () => '' : broker.results.replyTo;
}

/** What every task that is sent over HTTP goes through. */
export function createTaskService(context: FeatureContext): TaskService {
  const { config, messaging, names, clock, broker, idempotency, access, logger } = context;
  const deduplication = new Deduplication({
    claims: idempotency.claims,
    submit: (task) => messaging.submitTask(task),
    isFinished: async (taskId) => {
      const status = taskStatus(taskId, await messaging.findTask(taskId), clock.now());
      return status === undefined || isReady(status.status);
    },
    revoke: (taskId) => messaging.revokeTask(taskId, { reply: false }),
    maxWindowMs: config.IDEMPOTENCY_TTL_SECONDS * 1000,
    leaseMs: config.IDEMPOTENCY_LEASE_SECONDS * 1000,
    logger,
  });
  return new TaskService({
    messaging,
    checks: new SubmitChecks({ names, permissions: access.permissions }),
    deduplication,
    recorded: (taskId) => broker?.records?.get(taskId),
    clock,
    maxWaiters: config.GATEWAY_MAX_WAITERS,
  });
}

/** Submitting tasks and asking for them. */
export function tasks(context: FeatureContext): Feature {
  const { config, drain } = context;
  const service = createTaskService(context);
  const maxWaitSeconds = config.GATEWAY_WAIT_MAX_SECONDS;
  return {
    routes: taskRoutes({ service, replyTo: replyToOf(context), maxWaitSeconds, stopping: drain.signal }),
  };
}
