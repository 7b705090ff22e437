import type { Delivery } from '../../amqp';
import type { CanvasResult, TaskRequest } from '../../celery/protocol';
import type { TaskDefinition } from '../registry';

/** Where a run stands: `waiting` for a slot or its ETA, `active` in a slot, `concluded` once it has an outcome. */
export type RunPhase = 'waiting' | 'active' | 'concluded';

export interface TaskRunParts {
  readonly request: TaskRequest;
  readonly definition: TaskDefinition;
  readonly delivery: Delivery;
  /** The generation of the consumer's channel, see `RecentlySettled`. */
  readonly generation: number;
}

/** One task in this process, from receipt to settling. Its signal and timers exist only once something asks for them. */
export class TaskRun {
  /** Replaced once, where spans are made: then its trace context is that of the run. */
  request: TaskRequest;
  readonly definition: TaskDefinition;
  phase: RunPhase = 'waiting';
  /** Epoch ms at which a slot accepted it; null before. */
  startedAt: number | null = null;
  /** A second copy of a lost message replaces the first: its channel can still be answered on. */
  delivery: Delivery;
  generation: number;
  /** Results of what this one sent, for `children` of its own. */
  readonly children: CanvasResult[] = [];
  /** Signal number of a terminate that came before the run started. */
  terminateOnStart: number | null = null;
  softTimer: NodeJS.Timeout | undefined;
  hardTimer: NodeJS.Timeout | undefined;
  private controller: AbortController | undefined;

  constructor(parts: TaskRunParts) {
    this.request = parts.request;
    this.definition = parts.definition;
    this.delivery = parts.delivery;
    this.generation = parts.generation;
  }

  get id(): string {
    return this.request.id;
  }

  get acksLate(): boolean {
    return this.definition.settings.acksLate === true;
  }

  get sendsEvents(): boolean {
    return this.definition.settings.sendEvents !== false;
  }

  /** What the message says, and where it says nothing the task's setting (celery/app/task.py `get_actual_ignore_result`). */
  get ignoresResult(): boolean {
    return this.request.ignoreResult ?? this.definition.settings.ignoreResult === true;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    return this.controller.signal;
  }

  /** Tells the handler to end; it hears it through its signal. */
  abort(reason: Error): void {
    if (this.signal.aborted) return;
    this.controller?.abort(reason);
  }

  clearTimers(): void {
    if (this.softTimer !== undefined) clearTimeout(this.softTimer);
    if (this.hardTimer !== undefined) clearTimeout(this.hardTimer);
  }
}
