import type { ReceivedEvent } from '../events';
import { READY_STATES, type TaskMeta } from '../protocol';
import {
  type StreamedMessage,
  type SubmissionEntry,
  type SubmissionIndex,
  submissionEntry,
} from '../records';
import { forgottenTask } from '../results';
import { BoundedIndex } from '../streams';
import { type Change, ChangeLog, type Missed } from './change-log';
import { learnFromEvent } from './event-facts';
import { HeldTask } from './held-task';
import { formatPosition, type LogName, type LogPlace, type LogPosition } from './log-position';
import { learnFromResult } from './result-facts';
import { heldArguments, learnFromRecord, learnFromSubmission, submissionOf } from './submission-facts';
import { TaskCounts } from './task-counts';
import { compileFilter, type TaskFilter } from './task-filter';
import type { TaskArguments, TaskRecord } from './task-record';
import { type FoundTasks, searchTasks, type TaskQuery } from './task-search';
import { SharedNames } from './texts';

export interface TaskHistoryOptions {
  /** Tasks held; those without news for longest go first. Default 100000. */
  readonly maxTasks?: number | undefined;
  /** Characters of arguments, results and errors held by all tasks together. Default 64 Mi. */
  readonly maxCharacters?: number | undefined;
  /** Changes per log held for those who come back for what they missed. Default 10000. */
  readonly maxChanges?: number | undefined;
  readonly now?: (() => number) | undefined;
}

/** Where news was read. */
export interface NewsSource {
  /** The stream's offset; undefined where no stream is read. */
  readonly offset?: number | undefined;
  /** Which of several events in one message. */
  readonly index?: number | undefined;
  /** From before this process. */
  readonly replayed?: boolean | undefined;
}

/** A change with the task it is about, as that is now; no task where a worker is. */
export interface TaskChange extends Change {
  readonly task: TaskRecord | undefined;
}

export type ChangeListener = (change: TaskChange) => void;

/** What other parts need of the history. */
export interface TaskHistoryReader {
  readonly size: number;
  get(taskId: string): TaskRecord | undefined;
  /** The matching tasks, those without news for longest first. */
  select(filter: TaskFilter): readonly TaskRecord[];
  /** One page of the matching tasks, and how many there are. */
  search(query: TaskQuery): FoundTasks;
  /** Arguments held whole; undefined where they have to be read from the submission record. */
  argumentsOf(taskId: string): TaskArguments | undefined;
  childrenOf(taskId: string): readonly string[];
  /**
   * Tells of each change of matching tasks from now on, in the same turn of the event loop. A filter with `taskIds` costs
   * nothing to other tasks. Changes of workers come to those who asked for no task in particular. What was there before this
   * process comes with `replayed`.
   * @returns what ends it.
   */
  subscribe(filter: TaskFilter, listener: ChangeListener): () => void;
  /** Changes after a position, as far as they are held. */
  since(position: LogPosition): Missed;
  /** How far the logs have been read. */
  readonly position: string;
}

const MAX_TASKS = 100_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;
const MAX_CHANGES = 10_000;

/**
 * What is known of each task, joined from its submission, its events and its results in whatever order they come, bounded.
 * Pure memory: it is fed, and forgets the tasks without news for longest.
 */
export class TaskHistory implements TaskHistoryReader {
  readonly #tasks: BoundedIndex<string, HeldTask>;
  readonly #counts = new TaskCounts();
  readonly #children = new Map<string, string[]>();
  readonly #names = new SharedNames();
  readonly #changes: ChangeLog;
  readonly #ofTask = new Map<string, Set<ChangeListener>>();
  /** Replaced, never changed: whoever comes or goes while a change is told does not disturb the telling. */
  #ofAll: readonly ChangeListener[] = [];
  readonly #maxCharacters: number;
  readonly #now: () => number;
  #characters = 0;

  constructor(options: TaskHistoryOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#maxCharacters = options.maxCharacters ?? MAX_CHARACTERS;
    this.#changes = new ChangeLog(options.maxChanges ?? MAX_CHANGES);
    this.#tasks = new BoundedIndex(options.maxTasks ?? MAX_TASKS, (_id, task) => this.#onDropped(task));
  }

  get size(): number {
    return this.#tasks.size;
  }

  get position(): string {
    return formatPosition(this.#changes.position);
  }

  /** A task this process has just submitted: known at once, before its record has come back from the stream. */
  noteSubmitted(entry: SubmissionEntry): void {
    this.#learn(entry.taskId, (task) => learnFromSubmission(task, entry, this.#names));
  }

  /** A message of the submission stream. What is no task message is passed over. */
  onRecord(message: StreamedMessage, source: NewsSource = {}): void {
    const forgotten = forgottenTask(message.properties);
    if (forgotten !== undefined) this.onForgotten(forgotten, { ...source, log: 's' });
    const entry = submissionEntry(message);
    if (entry === undefined) return;
    const task = this.#learn(entry.taskId, (known) => {
      learnFromSubmission(known, entry, this.#names);
      learnFromRecord(known, message, source.offset);
    });
    this.#tell('task-queued', task, task.submittedAt ?? entry.submittedAt, 's', source);
  }

  /** A state that was stored. */
  onResult(meta: TaskMeta, source: NewsSource = {}): void {
    let news = false;
    const task = this.#learn(meta.task_id, (known) => {
      news = learnFromResult(known, meta, this.#names);
      if (news) known.resultOffset = source.offset ?? null;
    });
    if (!news) return;
    const ended = READY_STATES.has(meta.status);
    const own = task.progress !== undefined && task.progress === meta.result && !ended;
    const type = own ? 'task-progress' : 'task-result';
    this.#tell(type, task, task.storedAt ?? task.updatedAt, 'r', source, own ? meta.result : undefined);
  }

  /** A monitoring event. */
  onEvent(event: ReceivedEvent, source: NewsSource = {}): void {
    const at = Math.round(event.timestamp * 1000);
    if (event.type.startsWith('worker-')) this.#tellOfWorker(event.type, event.hostname, at, source);
    const { uuid } = event.fields;
    if (!event.type.startsWith('task-') || typeof uuid !== 'string') return;
    const task = this.#learn(uuid, (known) => learnFromEvent(known, event, this.#names));
    this.#tell(event.type, task, at, 'e', source);
  }

  /** A result was deleted; what the history holds of it goes as well, also what comes later. */
  onForgotten(taskId: string, source: NewsSource & { readonly log?: LogName | undefined } = {}): void {
    if (this.#tasks.get(taskId)?.forgotten !== false) return;
    const task = this.#learn(taskId, (known) => {
      known.forgotten = true;
      known.resultText = null;
      known.errorText = null;
      known.traceback = null;
      known.progress = undefined;
      known.settle();
    });
    this.#tell('task-forgotten', task, this.#now(), source.log ?? 'r', source);
  }

  get(taskId: string): TaskRecord | undefined {
    return this.#tasks.get(taskId);
  }

  /** What the submission record says of a task. */
  submission(taskId: string): SubmissionEntry | undefined {
    const task = this.#tasks.get(taskId);
    return task === undefined ? undefined : submissionOf(task);
  }

  select(filter: TaskFilter): readonly TaskRecord[] {
    const matches = compileFilter(filter);
    const found: TaskRecord[] = [];
    this.#tasks.forEach((task) => {
      if (matches(task)) found.push(task);
    });
    return found;
  }

  search(query: TaskQuery): FoundTasks {
    return searchTasks(this.#tasks, this.#counts, query);
  }

  argumentsOf(taskId: string): TaskArguments | undefined {
    const task = this.#tasks.get(taskId);
    return task === undefined ? undefined : heldArguments(task);
  }

  childrenOf(taskId: string): readonly string[] {
    return this.#children.get(taskId) ?? [];
  }

  subscribe(filter: TaskFilter, listener: ChangeListener): () => void {
    const { taskIds } = filter;
    const matches = compileFilter(filter);
    const mine: ChangeListener = (change) => {
      if (change.task === undefined || matches(change.task)) listener(change);
    };
    if (taskIds === undefined) {
      this.#ofAll = [...this.#ofAll, mine];
      return () => {
        this.#ofAll = this.#ofAll.filter((listener) => listener !== mine);
      };
    }
    for (const taskId of taskIds) {
      const listeners = this.#ofTask.get(taskId);
      if (listeners === undefined) this.#ofTask.set(taskId, new Set([mine]));
      else listeners.add(mine);
    }
    return () => {
      for (const taskId of taskIds) {
        const listeners = this.#ofTask.get(taskId);
        listeners?.delete(mine);
        if (listeners?.size === 0) this.#ofTask.delete(taskId);
      }
    };
  }

  since(position: LogPosition): Missed {
    return this.#changes.since(position);
  }

  /** The task, made where it is new, after `learn` has added to it; it becomes the one with the latest news. */
  #learn(taskId: string, learn: (task: HeldTask) => void): HeldTask {
    const task = this.#tasks.get(taskId) ?? new HeldTask(taskId, 0);
    const { weight, parentId } = task;
    learn(task);
    this.#characters += task.weight - weight;
    if (parentId === null && task.parentId !== null) this.#addChild(task.parentId, taskId);
    this.#counts.place(task);
    this.#tasks.set(taskId, task);
    while (this.#characters > this.#maxCharacters && this.#tasks.size > 1) this.#tasks.dropOldest();
    return task;
  }

  #addChild(parentId: string, taskId: string): void {
    const children = this.#children.get(parentId);
    if (children === undefined) this.#children.set(parentId, [taskId]);
    else children.push(taskId);
  }

  #onDropped(task: HeldTask): void {
    this.#characters -= task.weight;
    this.#counts.remove(task);
    this.#children.delete(task.taskId);
  }

  #tell(type: string, task: HeldTask, at: number, log: LogName, source: NewsSource, data?: unknown): void {
    const change = this.#changes.add({
      type,
      subject: task.taskId,
      state: task.state,
      at,
      data,
      place: placeOf(log, source),
      replayed: source.replayed ?? false,
    });
    const listeners = this.#ofTask.get(task.taskId);
    if (listeners === undefined && this.#ofAll.length === 0) return;
    const told = { ...change, task };
    if (listeners !== undefined) for (const listener of [...listeners]) listener(told);
    for (const listener of this.#ofAll) listener(told);
  }

  #tellOfWorker(type: string, nodename: string, at: number, source: NewsSource): void {
    const place = placeOf('e', source);
    const base = { type, subject: nodename, state: null, at, place, replayed: source.replayed ?? false };
    // Heartbeats would push all else out of what is held.
    if (type === 'worker-heartbeat') {
      if (place !== undefined) this.#changes.advance(place);
      return;
    }
    const told = { ...this.#changes.add(base), task: undefined };
    for (const listener of this.#ofAll) listener(told);
  }
}

/** The history as the submission record's index: nothing is held twice. */
export const submissionIndex = (history: TaskHistory): SubmissionIndex => ({
  get: (taskId) => history.submission(taskId),
  noteSubmitted: (entry) => history.noteSubmitted(entry),
  onRecord: (message, at) => history.onRecord(message, at),
});

const placeOf = (log: LogName, { offset, index = 0 }: NewsSource): LogPlace | undefined =>
  offset === undefined ? undefined : { log, offset, index };
