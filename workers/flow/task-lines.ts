import type { Logger } from '../../runtime';
import type { Outcome, TaskRun } from '../execution';

const nameOf = ({ request, id }: TaskRun): string => `Task ${request.task}[${id}]`;

/** What Celery logs of a task, in its words: receipt and end. */
export function logReceived(logger: Logger, run: TaskRun): void {
  logger.info(`${nameOf(run)} received`);
}

export function logEnd(logger: Logger, run: TaskRun, outcome: Outcome): void {
  const name = nameOf(run);
  if (outcome.kind === 'SUCCESS') logger.info(`${name} succeeded in ${outcome.runtimeSeconds}s`);
  else if (outcome.kind === 'FAILURE') logger.error(`${name} raised unexpected`, { error: outcome.error });
  else logger.info(`${name} ended: ${outcome.kind}`);
}
