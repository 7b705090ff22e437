import {
  type Change,
  type ChangeListener,
  type Choice,
  compileChoice,
  compileFilter,
  parsePosition,
  type TaskArguments,
  type TaskChange,
  type TaskFilter,
  type TaskHistoryReader,
  type TaskRecord,
} from '../../celery';

export interface TaskStreamsDeps {
  readonly history: Pick<TaskHistoryReader, 'get' | 'subscribe' | 'since' | 'position' | 'argumentsOf'>;
}

/** What a listener asks for. */
export interface Listening {
  readonly filter: TaskFilter;
  /** Types of events; undefined means all. */
  readonly types?: Choice | undefined;
  /** Further narrows what the caller may see; changes of workers pass where it is undefined. */
  readonly visible?: ((task: TaskRecord) => boolean) | undefined;
  /** Where the caller was, as it said. */
  readonly lastEventId: string | undefined;
}

/** What was there before the first live change. */
export interface Resumed {
  readonly missed: readonly TaskChange[];
  /** Some of what was missed is gone, or nobody knows how much. */
  readonly gap: boolean;
}

/** Follows the history for callers that stay, and for those that come back. */
export class TaskStreams {
  constructor(private readonly deps: TaskStreamsDeps) {}

  get position(): string {
    return this.deps.history.position;
  }

  argumentsOf(taskId: string): TaskArguments | undefined {
    return this.deps.history.argumentsOf(taskId);
  }

  task(taskId: string): TaskRecord | undefined {
    return this.deps.history.get(taskId);
  }

  /** What the caller missed. To be called in the same turn of the event loop as {@link follow}, or something falls between. */
  missed(listening: Listening): Resumed {
    const { lastEventId } = listening;
    if (lastEventId === undefined) return { missed: [], gap: false };
    const position = parsePosition(lastEventId);
    if (position === undefined) return { missed: [], gap: true };
    const { changes, gap } = this.deps.history.since(position);
    const wanted = this.wanted(listening);
    return { missed: changes.map((change) => this.withTask(change)).filter(wanted), gap };
  }

  /** @returns what ends it. */
  follow(listening: Listening, listener: ChangeListener): () => void {
    const wanted = this.wanted({ ...listening, filter: {} });
    return this.deps.history.subscribe(listening.filter, (change) => {
      if (wanted(change)) listener(change);
    });
  }

  private withTask(change: Change): TaskChange {
    return { ...change, task: change.state === null ? undefined : this.deps.history.get(change.subject) };
  }

  private wanted({ filter, types, visible }: Listening): (change: TaskChange) => boolean {
    const matches = compileFilter(filter);
    const ofType = types === undefined ? undefined : compileChoice(types);
    return ({ type, state, task }) => {
      if (ofType !== undefined && !ofType(type)) return false;
      if (state === null) return visible === undefined && filter.taskIds === undefined;
      return task !== undefined && matches(task) && (visible === undefined || visible(task));
    };
  }
}
