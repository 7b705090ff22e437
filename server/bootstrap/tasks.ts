import type { SubmissionRecords } from '../../celery';
import { BatchService, BatchWindow, batchRoutes } from '../batch';
import type { ServerConfig } from '../config';
import { jsonBody } from '../http/json-body';
import { JsonHazards } from '../http/json-hazards';
import type { RouteDefinition } from '../http/route';
import { disabledPort } from '../messaging';
import { ReplayService, replayRoutes } from '../replay';
import type { RevokeService } from '../revokes';
import {
  Deduplication,
  findForCertain,
  isReady,
  SubmitChecks,
  TaskArgumentsReader,
  TaskService,
  taskRoutes,
  taskStatus,
  WaitLimit,
} from '../tasks';
import { contentProtection } from './content-protection';
import type { Feature, FeatureContext } from './feature';
import { createCallbacks } from './webhooks';

/** How many requests may wait for an end, of a task or of a workflow. */
export const waitLimit = (
  config: Pick<ServerConfig, 'GATEWAY_MAX_WAITERS' | 'GATEWAY_MAX_WAITERS_PER_KEY'>,
): WaitLimit =>
  new WaitLimit({ perCaller: config.GATEWAY_MAX_WAITERS_PER_KEY, total: config.GATEWAY_MAX_WAITERS });

/** Where results of tasks go whose messages this gateway writes; nowhere while messaging is switched off. */
export function replyToOf({ broker }: FeatureContext): () => string {
  return broker === undefined ? () => '' : broker.results.replyTo;
}

/** What is looked at before any task is sent over HTTP, alone or in a workflow. */
export function createSubmitChecks({ names, access, schemas }: FeatureContext): SubmitChecks {
  return new SubmitChecks({ names, permissions: access.permissions, schemas });
}

/** Takes back what a debounced submission has overtaken. */
type Revokes = Pick<RevokeService, 'revoke'>;
const PUT_ASIDE = { terminate: false, signal: 'SIGTERM' };

/** What every task that is sent over HTTP goes through. */
export function createTaskService(context: FeatureContext, revokes: Revokes): TaskService {
  const { config, messaging, clock, broker, idempotency, logger } = context;
  const deduplication = new Deduplication({
    claims: idempotency.claims,
    submit: (task) => messaging.submitTask(task),
    isFinished: (taskId) => isFinished(context, taskId),
    revoke: (taskId) => revokes.revoke(taskId, PUT_ASIDE),
    maxWindowMs: config.IDEMPOTENCY_TTL_SECONDS * 1000,
    leaseMs: config.IDEMPOTENCY_LEASE_SECONDS * 1000,
    logger,
  });
  return new TaskService({
    messaging: {
      submitTask: (task) => messaging.submitTask(task),
      findTask: findForCertain(messaging),
      awaitTask: (taskId, timeoutMs, signal) => messaging.awaitTask(taskId, timeoutMs, signal),
      activeTasks: () => messaging.activeTasks(),
    },
    checks: createSubmitChecks(context),
    permissions: context.access.permissions,
    deduplication,
    callbacks: createCallbacks(context),
    recorded: (taskId) => broker?.records?.get(taskId),
    clock,
    waiters: waitLimit(config),
  });
}

/** Most room that batches may take in the publisher: the other half is for single submissions. */
const BATCH_SHARE = 0.5;
/** What a batch adds to the nesting of its tasks. */
const BATCH_LEVELS = 2;

function batches(context: FeatureContext, service: TaskService): readonly RouteDefinition[] {
  const { config, messaging, drain, idempotency } = context;
  const most = Math.floor(config.PUBLISHER_MAX_IN_FLIGHT * BATCH_SHARE);
  const window = new BatchWindow(Math.max(1, Math.min(config.GATEWAY_BATCH_WINDOW, most)));
  return batchRoutes({
    service: new BatchService({
      tasks: service,
      window,
      patienceMs: config.PUBLISHER_DEADLINE_MS,
      requireQueue: config.CELERY_TASK_CREATE_MISSING_QUEUES
        ? undefined
        : (queue) => messaging.queueInfo(queue),
    }),
    idempotency: idempotency.requests,
    replyTo: replyToOf(context),
    jsonBody: jsonBody({
      limitBytes: config.GATEWAY_BATCH_BODY_LIMIT_BYTES,
      maxDepth: config.GATEWAY_JSON_MAX_DEPTH + BATCH_LEVELS,
    }),
    hazards: new JsonHazards(config.GATEWAY_JSON_MAX_DEPTH),
    maxTasks: config.GATEWAY_BATCH_MAX_TASKS,
    maxLineBytes: config.GATEWAY_BODY_LIMIT_BYTES,
    width: window.size,
    stopping: drain.signal,
  });
}

function replays(context: FeatureContext): readonly RouteDefinition[] {
  const { config, clock, broker, access } = context;
  const service = new ReplayService({
    records: recordsOf(broker),
    client: broker?.client ?? disabledPort(),
    history: broker?.history,
    checks: createSubmitChecks(context),
    permissions: access.permissions,
    isFinished: (taskId) => isFinished(context, taskId),
    replyTo: replyToOf(context),
    protection: contentProtection(config),
    recordMaxAgeMs: config.SUBMISSION_RECORD_MAX_AGE_SECONDS * 1000,
    clock,
  });
  return replayRoutes({ service, maxTasks: config.REPLAY_MAX_TASKS });
}

/** Without a record nothing is found in it; without a broker that is not known. */
function recordsOf(broker: FeatureContext['broker']): Pick<SubmissionRecords, 'get' | 'readMessages'> {
  if (broker?.records !== undefined) return broker.records;
  const { readMessages } = disabledPort<SubmissionRecords>();
  return { get: () => undefined, readMessages: broker === undefined ? readMessages : async () => new Map() };
}

async function isFinished({ messaging, clock }: FeatureContext, taskId: string): Promise<boolean> {
  const status = taskStatus(taskId, await messaging.findTask(taskId), clock.now());
  return status !== undefined && isReady(status.status);
}

/** Submitting tasks and asking for them. */
export function tasks(context: FeatureContext, revokes: Revokes): Feature {
  const { config, drain } = context;
  const service = createTaskService(context, revokes);
  const maxWaitSeconds = config.GATEWAY_WAIT_MAX_SECONDS;
  const { broker } = context;
  const given = broker === undefined ? undefined : new TaskArgumentsReader(broker);
  const single = taskRoutes({
    service,
    argumentsOf: given === undefined ? undefined : (task) => given.of(task),
    replyTo: replyToOf(context),
    maxWaitSeconds,
    stopping: drain.signal,
  });
  return { routes: [...batches(context, service), ...replays(context), ...single] };
}
