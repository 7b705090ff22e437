import { type BulkRevokeOutcome, bulkRevokeView } from '../revokes';
import { isTask } from './graph';
import type { WorkflowStatus } from './service';
import { firstError, type NodeState } from './workflow-state';

function nodeView(state: NodeState): object {
  const { node, status, task } = state;
  if (isTask(node)) {
    return {
      type: node.type,
      status,
      task_id: node.taskId,
      task_name: node.name,
      result: task?.result ?? null,
      error: task?.error ?? null,
    };
  }
  const parts = state.parts.map(nodeView);
  if (node.type === 'chord') return { type: 'chord', status, header: parts.slice(0, -1), body: parts.at(-1) };
  return { type: node.type, status, tasks: parts };
}

const isoTime = (epochMs: number | null): string | null =>
  epochMs === null ? null : new Date(epochMs).toISOString();

export function workflowView({ workflow, state }: WorkflowStatus): object {
  return {
    workflow_id: workflow.id,
    status: state.status,
    done: state.done,
    result: state.status === 'SUCCESS' ? (state.value ?? null) : null,
    error: firstError(state),
    created_at: isoTime(workflow.createdAt),
    canceled_at: isoTime(workflow.canceledAt),
    retries: workflow.retries,
    graph: nodeView(state),
  };
}

export function canceledView(workflowId: string, outcome: BulkRevokeOutcome): object {
  return { workflow_id: workflowId, ...bulkRevokeView(outcome) };
}
