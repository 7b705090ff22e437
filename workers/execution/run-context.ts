import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CanvasCall, Repeat } from '../../celery/client';
import { TaskError } from '../../celery/errors';
import {
  type Canvas,
  type CanvasPlan,
  type CanvasResult,
  canvas,
  derivedIds,
  type Signature,
  type TaskRequest,
} from '../../celery/protocol';
import type { ChordParts } from '../../celery/results';
import {
  chordMember,
  planContext,
  replacementOf,
  replacementOrigin,
  type TraceContext,
  traceContext,
  traced,
  withTrace,
} from '../canvas';
import {
  AppliedCanvas,
  type PlainMessageOptions,
  type RetryOptions,
  type TaskCall,
  type TaskContext,
  type TaskDefinition,
  type TaskLogger,
} from '../registry';
import { Replaced } from './control-exceptions';
import { decideRetry } from './decide-retry';
import { patiently } from './patient-publish';
import { publishPlain } from './publish-plain';
import { customStateMeta, type DescribedRun } from './result-meta';
import type { TaskServices } from './task-services';

/** What a context needs of a run: a thread has less of it than the process that received the task. */
export interface RunningTask extends DescribedRun {
  readonly request: TaskRequest;
  readonly definition: TaskDefinition;
  readonly signal: AbortSignal;
  readonly ignoresResult: boolean;
  readonly children: CanvasResult[];
}

/** What a context uses of the outside; in a thread the calls go to the main thread. */
export interface ContextServices
  extends Pick<TaskServices, 'nodename' | 'sender' | 'publisher' | 'exchanges' | 'storesResults' | 'clock'> {
  readonly canvas: {
    publish(plan: CanvasPlan, routeName?: string, repeat?: Repeat): Promise<unknown>;
  };
  readonly chordParts: Pick<ChordParts, 'addToChord'> | undefined;
  /** Stores a state that does not end the task. */
  readonly results: TaskServices['results'];
  readonly logger: { child(fields: object): TaskLogger };
}

/** The context of one run. What costs something (signal, logger) is made when the handler asks for it. */
export class RunContext implements TaskContext {
  private ownLogger: TaskLogger | undefined;
  /** Members added to the chord; a task that runs again adds the same ones. */
  private added = 0;

  constructor(
    private readonly run: RunningTask,
    private readonly services: ContextServices,
  ) {}

  get request(): TaskRequest {
    return this.run.request;
  }

  get taskId(): string {
    return this.run.request.id;
  }

  get hostname(): string {
    return this.services.nodename;
  }

  get trace(): TraceContext | undefined {
    return traceContext(this.run.request);
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  get logger(): TaskLogger {
    this.ownLogger ??= this.services.logger.child({ taskId: this.taskId, task: this.run.request.task });
    return this.ownLogger;
  }

  async retry(options: RetryOptions = {}): Promise<never> {
    throw decideRetry(this.run.request, this.run.definition.settings, options, this.services.clock.now());
  }

  async updateState(state: string, meta: unknown = null): Promise<void> {
    if (!this.services.storesResults || this.run.ignoresResult) return;
    await this.services.results.storeResult(this.run.request, customStateMeta(this.run, state, meta));
  }

  async sleep(milliseconds: number): Promise<void> {
    const { signal } = this.run;
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (error) {
      // Node wraps the reason in an AbortError; the task must see why it is to end.
      throw signal.aborted ? signal.reason : error;
    }
  }

  async publish(
    exchange: string,
    routingKey: string,
    message: unknown,
    options: PlainMessageOptions = {},
  ): Promise<void> {
    const plain = { exchange, routingKey, message, options };
    await publishPlain(this.services, plain, () => this.run.signal);
  }

  async sendTask(call: TaskCall): Promise<{ readonly taskId: string }> {
    const { request, children } = this.run;
    const submission = {
      ...call,
      options: {
        rootId: request.rootId ?? request.id,
        parentId: request.id,
        ...call.options,
        headers: withTrace(request, call.options?.headers),
      },
    };
    const { taskId } = await this.patiently(() => this.services.sender.submit(submission));
    children.push(canvas.taskResult(taskId));
    return { taskId };
  }

  async apply(given: Signature, call: CanvasCall = {}): Promise<AppliedCanvas | null> {
    const sig = canvas.isChunks(given) ? canvas.chunksGroup(given) : given;
    const { args = [], kwargs = {} } = call;
    const options = canvas.signatureOptionsOf(call.options ?? {});
    const plan = canvas.planCanvas(sig, { args, kwargs, options }, this.planContext);
    await this.start(plan, canvas.routeNameOf(sig));
    return plan.result === null ? null : new AppliedCanvas(plan.result);
  }

  async replace(replacement: Signature): Promise<never> {
    const { request } = this.run;
    const newId = derivedIds(replacementOrigin(request, replacement));
    throw new Replaced(replacementOf(request, replacement, newId));
  }

  async addToChord(given: Signature, { lazy = false } = {}): Promise<Canvas> {
    const { request } = this.run;
    this.added += 1;
    const name = `member ${this.added} of ${request.id} ${request.retries} ${request.replacedTaskNesting}`;
    const member = chordMember(request, given, derivedIds(name));
    const { chordParts } = this.services;
    if (chordParts === undefined || request.group === null) {
      throw new TaskError('CANVAS_UNSUPPORTED', 'the result backend does not support addToChord');
    }
    await chordParts.addToChord(request.group, name);
    if (!lazy) await this.start(canvas.planCanvas(member, {}, this.planContext));
    return member;
  }

  private get planContext(): canvas.PlanContext {
    return planContext(this.run.request, randomUUID);
  }

  private async start(plan: CanvasPlan, routeName?: string): Promise<void> {
    const { request, children } = this.run;
    const { canvas: publisher } = this.services;
    await publisher.publish(traced(plan, request), routeName, (action) => this.patiently(action));
    children.push(...plan.trail);
  }

  private patiently<T>(publish: () => Promise<T>): Promise<T> {
    return patiently(publish, () => this.run.signal);
  }
}
