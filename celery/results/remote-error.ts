import { decodeException, PythonError, type TaskMeta } from '../protocol';

/** What a task failed with: the exception's Python class, arguments and traceback, as an error to be thrown here. */
export class RemoteError extends PythonError {
  readonly taskId: string;
  /** FAILURE or REVOKED. */
  readonly state: string;
  /** As the worker formatted it. */
  readonly traceback: string | null;

  constructor(meta: Pick<TaskMeta, 'task_id' | 'status' | 'result' | 'traceback'>) {
    const { type, module, args } = decodeException(meta.result);
    super(type, module, args);
    this.taskId = meta.task_id;
    this.state = meta.status;
    this.traceback = meta.traceback;
  }
}
