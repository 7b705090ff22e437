import { createHash } from 'node:crypto';
import type { WorkflowEnd } from '../workflows';
import { CALLBACKS } from './callbacks';
import type { Delivery } from './delivery';

const TYPES: Readonly<Record<string, string>> = {
  SUCCESS: 'workflow.succeeded',
  FAILURE: 'workflow.failed',
  REVOKED: 'workflow.revoked',
};

/** What the URL that came with a workflow is told: its end. As of a task neither arguments nor results. */
export function workflowDelivery(end: WorkflowEnd, at: number): Delivery {
  const type = TYPES[end.status] ?? 'workflow.ended';
  const data = {
    workflow_id: end.id,
    status: end.status,
    error: end.error === null ? null : `${end.error.type}: ${end.error.message}`,
    retries: end.retries,
    created_at: new Date(end.createdAt).toISOString(),
    canceled_at: end.canceledAt === null ? null : new Date(end.canceledAt).toISOString(),
  };
  return {
    // Whichever gateway tells it: a workflow ends once, and once more for each retry.
    id: `msg_${digestOf(end).slice(0, 32)}`,
    endpointId: CALLBACKS,
    type,
    taskId: null,
    workflowId: end.id,
    body: JSON.stringify({ type, timestamp: new Date(at).toISOString(), data }),
    callback: end.callback,
    attempt: 1,
    run: 0,
  };
}

function digestOf({ id, retries }: WorkflowEnd): string {
  const named = JSON.stringify([CALLBACKS, 'workflow', id, retries]);
  return createHash('sha256').update(named).digest('base64url');
}
