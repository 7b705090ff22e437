import { formatIsoTime } from '../../celery/protocol';
import type { Logger } from '../../runtime';
import { describeError, type Outcome, type TaskRun } from '../execution';

const nameOf = ({ request, id }: TaskRun): string => `${request.task}[${id}]`;

export interface TaskLinesOptions {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Lines of all tasks; else only of those that failed or were rejected, and nothing is built for the others. */
  readonly all: () => boolean;
}

/**
 * What Celery logs of a task, in its words (celery/app/trace.py, celery/worker/request.py), without the returned value: results
 * may hold what belongs in no log.
 */
export class TaskLines {
  constructor(private readonly options: TaskLinesOptions) {}

  received(run: TaskRun): void {
    if (!this.options.all()) return;
    const { eta } = run.request;
    const due = eta === null ? '' : ` ETA:[${formatIsoTime(eta)}]`;
    this.options.logger.info(`Task ${nameOf(run)} received${due}`);
  }

  ended(run: TaskRun, outcome: Outcome): void {
    const { logger, all } = this.options;
    if (outcome.kind === 'FAILURE') {
      const { error } = outcome;
      logger.error(`Task ${nameOf(run)} raised unexpected: ${describeError(error)}`, { error });
    } else if (outcome.kind === 'REJECTED') {
      logger.warn(`Task ${nameOf(run)} rejected: ${outcome.reason}`, { requeue: outcome.requeue });
    } else if (all()) logger.info(endOf(nameOf(run), outcome));
  }
}

function endOf(name: string, outcome: Exclude<Outcome, { kind: 'FAILURE' | 'REJECTED' }>): string {
  switch (outcome.kind) {
    case 'SUCCESS':
      return `Task ${name} succeeded in ${outcome.runtimeSeconds}s`;
    case 'RETRY':
      return `Task ${name} retry: ${outcome.retry.message}`;
    case 'REVOKED':
      return revokedLine(name, outcome.reason);
    case 'REPLACED':
      return `Task ${name} replaced`;
    case 'IGNORED':
      return `Task ${name} ignored`;
  }
}

const revokedLine = (name: string, reason: 'revoked' | 'expired' | 'terminated'): string =>
  reason === 'terminated' ? `Task ${name} terminated` : `Discarding ${reason} task: ${name}`;
