import { randomUUID } from 'node:crypto';
import type { CanvasPublisher, SubmissionEntry } from '../../celery';
import { type CanvasPlan, canvas, type Signature } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import { GatewayError } from '../errors';
import { messagingDisabled } from '../messaging';
import type { BulkRevokeOutcome, RevokeService, RevokeTerms } from '../revokes';
import {
  type Callbacks,
  type SubmitChecks,
  type Submitter,
  type TraceHeaders,
  tracedHeaders,
} from '../tasks';
import { checkLimits, GraphBuilder, type GraphLimits } from './build-graph';
import { canvasOf, type GraphNode, tasksOf } from './graph';
import type { NodeBody, WorkflowBody } from './node-body';
import type { WorkflowProgress } from './progress';
import { inPlaceOf, isUnknown, wasRefusedWhole } from './publish-problem';
import { RemainderPlan } from './remainder';
import type { NodeState } from './workflow-state';
import type { KeptWorkflow, Workflow, WorkflowStore } from './workflow-store';

/** A workflow and how it is. */
export interface WorkflowStatus {
  readonly workflow: Workflow;
  readonly state: NodeState;
}

export interface WorkflowServiceDeps {
  /** Undefined while messaging is switched off. */
  readonly store: Pick<WorkflowStore, 'get' | 'put' | 'remove' | 'ready'> | undefined;
  readonly progress: Pick<WorkflowProgress, 'of' | 'awaited'>;
  readonly checks: Pick<SubmitChecks, 'checkSignature' | 'owned'>;
  /** Whether a caller may know of these tasks. */
  readonly visible: (submitter: Submitter, workflow: Workflow) => boolean;
  readonly publisher: Pick<CanvasPublisher, 'publish'>;
  /** What the submission record has of a task. */
  readonly recorded: (taskId: string) => SubmissionEntry | undefined;
  readonly revokes: Pick<RevokeService, 'revokeMany'>;
  readonly callbacks: Pick<Callbacks, 'seal'>;
  readonly replyTo: () => string;
  readonly limits: GraphLimits;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Ids that are the same at each repetition of a request; undefined: new ones. */
export type RepeatableIds = ((part: string) => string) | undefined;

/** Submits workflows, tells how they are, cancels them and runs again what failed. */
export class WorkflowService {
  constructor(private readonly deps: WorkflowServiceDeps) {}

  /**
   * Resolves when the broker has the first tasks, and every gateway the graph.
   * @throws GatewayError REQUEST_INVALID, NAME_NOT_ALLOWED, NOT_READY, CALLBACKS_DISABLED; TaskError TASK_INVALID, CANVAS_UNSUPPORTED; all with the
   * place; QueueError or ConnectionError as a single submit.
   */
  async submit(
    { callback_url: url, ...body }: WorkflowBody,
    submitter: Submitter,
    ids?: RepeatableIds,
    trace: TraceHeaders = {},
  ): Promise<WorkflowStatus> {
    const { limits, clock, callbacks } = this.deps;
    checkLimits(body, limits);
    const newId = numbered(ids);
    const id = newId();
    const { graph, places } = this.graphOf(body, submitter, newId, trace);
    const plan = this.plan(canvasOf(graph), newId);
    const store = this.store();
    const tenant = submitter?.tenant ?? null;
    const callback = url === undefined ? undefined : callbacks.seal(url, submitter?.id ?? '');
    const workflow = { id, graph, createdAt: clock.now(), tenant, retries: 0, canceledAt: null, callback };
    // Kept first: a workflow that runs and that nobody knows of could be neither followed nor cancelled.
    await store.put(workflow, null);
    try {
      await this.publish(plan);
    } catch (error) {
      if (!isUnknown(error)) await this.takeBack(workflow, wasRefusedWhole(error));
      throw inPlaceOf(error, places);
    }
    return this.statusOf(store.get(id)?.workflow ?? workflow);
  }

  /**
   * With `waitMs`, how it is once it has ended, if it ends in time.
   * @throws GatewayError WORKFLOW_NOT_FOUND.
   */
  async find(id: string, submitter: Submitter, waitMs: number, signal: AbortSignal): Promise<WorkflowStatus> {
    const { workflow } = this.kept(id, submitter);
    if (waitMs <= 0) return this.statusOf(workflow);
    return {
      workflow,
      state: await this.deps.progress.awaited(workflow.graph, waitMs, signal, submitter?.id),
    };
  }

  /** Revokes everything that has not ended. @throws GatewayError WORKFLOW_NOT_FOUND. */
  async cancel(id: string, submitter: Submitter, terms: RevokeTerms): Promise<BulkRevokeOutcome> {
    const { revokes, clock, progress, logger } = this.deps;
    const store = this.store();
    const { workflow, version } = this.kept(id, submitter);
    const state = await progress.of(workflow.graph);
    const outcome = await revokes.revokeMany(unfinishedTasks(state), terms, false);
    await store.put({ ...workflow, canceledAt: clock.now() }, version).catch((error: unknown) => {
      logger.warn('a cancelled workflow was not marked', { workflow: id, error });
    });
    return outcome;
  }

  /**
   * Runs again what has not succeeded; what has keeps its tasks and values.
   * @throws GatewayError WORKFLOW_NOT_FOUND; WORKFLOW_CONFLICT while it runs, when it succeeded, when a value it needs is gone, when
   * somebody else retries it at this moment; else as {@link submit}.
   */
  async retry(id: string, submitter: Submitter, ids?: RepeatableIds): Promise<WorkflowStatus> {
    const { progress } = this.deps;
    const store = this.store();
    const kept = this.kept(id, submitter);
    const { workflow } = kept;
    const state = await progress.of(workflow.graph);
    if (!state.done) throw conflict('It has not ended.');
    if (state.status === 'SUCCESS') throw conflict('It has succeeded.');
    const newId = numbered(ids);
    const { run, graph } = new RemainderPlan(newId).of(state);
    const plan = this.plan(run, newId);
    const next = { ...workflow, graph, retries: workflow.retries + 1, canceledAt: null };
    if (!(await store.put(next, kept.version))) throw conflict('It is being changed by another request.');
    try {
      await this.publish(plan);
    } catch (error) {
      if (!isUnknown(error)) await this.restore(next, workflow);
      throw error;
    }
    return this.statusOf(next);
  }

  private graphOf(body: NodeBody, submitter: Submitter, newId: () => string, trace: TraceHeaders) {
    const { checks, replyTo } = this.deps;
    const builder = new GraphBuilder({
      newId,
      replyTo,
      check: (sig, at) => checks.checkSignature(sig, at, submitter),
      owned: (sig) => this.ownedBy(submitter, inTrace(sig, trace)),
    });
    return { graph: builder.build(body, ''), places: builder.places };
  }

  private ownedBy(submitter: Submitter, sig: Signature): Signature {
    const { options } = this.deps.checks.owned({ name: sig.task }, submitter);
    if (options?.headers === undefined) return sig;
    const headers = { ...(sig.options.headers as object | undefined), ...options.headers };
    return { ...sig, options: { ...sig.options, headers } };
  }

  /** A request that is repeated has the same ids: its chords are begun once. */
  private plan(run: Signature, newId: () => string): CanvasPlan {
    const plan = canvas.planCanvas(run, {}, { newId, replyTo: this.deps.replyTo() });
    return canvas.begunBy(plan, 'workflow');
  }

  /** A repeated request publishes only what the first one did not. */
  private async publish(plan: CanvasPlan): Promise<void> {
    const { publisher, recorded } = this.deps;
    const isNew = (step: canvas.PlanStep): boolean =>
      step.kind !== 'task' || recorded(String(step.options.task_id)) === undefined;
    await publisher.publish({ steps: plan.steps.filter(isNew) });
  }

  /** Some of a group may have been sent before the broker refused another. */
  private async takeBack(workflow: Workflow, nothingSent: boolean): Promise<void> {
    const kept = this.store().get(workflow.id);
    if (!nothingSent) await this.best(() => this.revokeAll(workflow.graph), workflow.id);
    if (kept !== undefined) await this.best(() => this.store().remove(kept), workflow.id);
  }

  private async restore(next: Workflow, before: Workflow): Promise<void> {
    const kept = this.store().get(next.id);
    if (kept === undefined) return;
    await this.best(() => this.store().put(before, kept.version), next.id);
  }

  private async revokeAll(graph: GraphNode): Promise<void> {
    const ids = tasksOf(graph).map(({ taskId }) => taskId);
    await this.deps.revokes.revokeMany(ids, { terminate: false, signal: 'SIGTERM' }, false);
  }

  private async best(act: () => Promise<unknown>, workflow: string): Promise<void> {
    await act().catch((error: unknown) => {
      this.deps.logger.warn('a workflow that could not be sent was not taken back', { workflow, error });
    });
  }

  private async statusOf(workflow: Workflow): Promise<WorkflowStatus> {
    return { workflow, state: await this.deps.progress.of(workflow.graph) };
  }

  private store(): NonNullable<WorkflowServiceDeps['store']> {
    const { store } = this.deps;
    if (store === undefined) throw messagingDisabled();
    if (!store.ready) throw new GatewayError('NOT_READY', 'Workflows are being read.', { retryable: true });
    return store;
  }

  private kept(id: string, submitter: Submitter): KeptWorkflow {
    const kept = this.store().get(id);
    if (kept === undefined || !this.deps.visible(submitter, kept.workflow)) {
      throw new GatewayError('WORKFLOW_NOT_FOUND', `The workflow ${id} is not known.`);
    }
    return kept;
  }
}

const conflict = (detail: string): GatewayError => new GatewayError('WORKFLOW_CONFLICT', detail);

const numbered = (ids: RepeatableIds): (() => string) => {
  if (ids === undefined) return randomUUID;
  let count = 0;
  return () => ids(`workflow ${count++}`);
};

const unfinishedTasks = ({ task, done, node, parts }: NodeState): readonly string[] => {
  if ('taskId' in node) return done || task?.status === 'SUCCESS' ? [] : [node.taskId];
  return parts.flatMap(unfinishedTasks);
};

/** Also of a step that a worker sends: the headers of its signature go with it. */
function inTrace(sig: Signature, trace: TraceHeaders): Signature {
  const own = sig.options.headers as Readonly<Record<string, unknown>> | undefined;
  const headers = tracedHeaders(own, trace);
  return headers === own ? sig : { ...sig, options: { ...sig.options, headers } };
}
