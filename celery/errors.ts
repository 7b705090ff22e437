import { RabbitMQError } from '../amqp';

/** What can go wrong with a task, as opposed to the broker carrying it. */
export type TaskErrorCode =
  | 'TASK_INVALID'
  | 'TASK_UNKNOWN'
  | 'RESULT_TIMEOUT'
  | 'RESULT_UNSUPPORTED'
  | 'CANVAS_UNSUPPORTED'
  | 'NO_WORKER_REPLIED';

/** One problem of a refused task: where (RFC 6901 pointer into the submission) and what. */
export interface TaskProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** Raised for a task that cannot be sent, is unknown, or did not answer. `TASK_INVALID` has `details.errors`. */
export class TaskError extends RabbitMQError<TaskErrorCode> {}
