import type { TaskContext, TaskSettings } from '../registry';
import type { Outcome } from './outcome';

/** Whether a task wants to be told of an end of this kind. */
export function hasHook({ onSuccess, onFailure, onRetry }: TaskSettings, outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'SUCCESS':
      return onSuccess !== undefined;
    case 'FAILURE':
      return onFailure !== undefined;
    case 'RETRY':
      return onRetry !== undefined;
    default:
      return false;
  }
}

/** Tells the task; what the hook throws is thrown. */
export async function runHook(settings: TaskSettings, context: TaskContext, outcome: Outcome): Promise<void> {
  if (outcome.kind === 'SUCCESS') await settings.onSuccess?.(context, outcome.value);
  else if (outcome.kind === 'FAILURE') await settings.onFailure?.(context, outcome.error);
  else if (outcome.kind === 'RETRY') await settings.onRetry?.(context, outcome.retry.cause);
}
