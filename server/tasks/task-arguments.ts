import {
  BoundedIndex,
  type SubmissionRecords,
  type TaskArguments,
  type TaskHistory,
  type TaskRecord,
} from '../../celery';
import { contentTypeOf, readTaskMessage } from '../../celery/protocol';

export interface TaskArgumentsDeps {
  readonly history: Pick<TaskHistory, 'argumentsOf'>;
  /** Undefined while submissions are not recorded. */
  readonly records: Pick<SubmissionRecords, 'readAt'> | undefined;
}

/** What task messages may be written with. */
const ACCEPTED: ReadonlySet<string> = new Set((['json', 'msgpack', 'yaml'] as const).map(contentTypeOf));
/** Large arguments kept for those who ask again: each may be as large as a request. */
const KEPT = 20;

/** The arguments a task was submitted with, as JSON values: from memory, or from its record where they are too large for it. */
export class TaskArgumentsReader {
  private readonly kept = new BoundedIndex<string, TaskArguments>(KEPT);

  constructor(private readonly deps: TaskArgumentsDeps) {}

  /** @returns undefined for a task without a record, or whose record cannot be read now. */
  async of(task: TaskRecord): Promise<TaskArguments | undefined> {
    const { taskId, recordOffset } = task;
    const known = this.deps.history.argumentsOf(taskId) ?? this.kept.get(taskId);
    if (known !== undefined || recordOffset === null || this.deps.records === undefined) return known;
    const read = await this.read(recordOffset, taskId).catch(() => undefined);
    if (read !== undefined) this.kept.set(taskId, read);
    return read;
  }

  private async read(offset: number, taskId: string): Promise<TaskArguments | undefined> {
    const message = await this.deps.records?.readAt(offset, taskId);
    if (message === undefined) return undefined;
    const { headers = {} } = message.properties;
    const outcome = readTaskMessage({ ...message, headers, redelivered: false }, { accept: ACCEPTED });
    if (outcome.kind !== 'task') return undefined;
    const { args, kwargs } = outcome.request;
    return { args, kwargs };
  }
}
