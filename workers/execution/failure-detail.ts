import type { TaskRequest } from '../../celery/protocol';
import type { Outcome } from './outcome';

/** What a dead letter says of its failed task. An error may quote the arguments: of an encrypted task it stays hidden. */
export function failureDetail(outcome: Outcome, { hidden }: Pick<TaskRequest, 'hidden'>): string {
  if (outcome.kind !== 'FAILURE') return outcome.kind;
  return hidden === true ? '(encrypted)' : String(outcome.error);
}
