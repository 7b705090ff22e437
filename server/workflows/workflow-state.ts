import { TaskState } from '../../celery/protocol';
import { isReady, type TaskFailure, type TaskStatus } from '../tasks';
import { type GraphNode, isTask } from './graph';

/** How a part of a workflow is. */
export interface NodeState {
  readonly node: GraphNode;
  /** A state of Celery; of a part with parts what theirs add up to. */
  readonly status: string;
  /** Nothing more will happen in it, whatever happens elsewhere. */
  readonly done: boolean;
  /** What the next step receives; only with SUCCESS. */
  readonly value: unknown;
  /** False: it succeeded, and its value is not kept (any more). */
  readonly hasValue: boolean;
  /** Of a task; undefined while it was not heard of. */
  readonly task?: TaskStatus | undefined;
  /** Header and body of a chord, else the parts. */
  readonly parts: readonly NodeState[];
}

/** What is known of one task. */
export interface KnownTask {
  readonly status: TaskStatus | undefined;
  /** Whether its result is stored. */
  readonly stored: boolean;
}

type LookUp = (taskId: string) => KnownTask;

const { SUCCESS, FAILURE, REVOKED, PENDING, STARTED } = TaskState;
const hasFailed = ({ status }: NodeState): boolean => status === FAILURE || status === REVOKED;
const succeeded = ({ status }: NodeState): boolean => status === SUCCESS;

function taskState(node: Extract<GraphNode, { taskId: string }>, lookUp: LookUp): NodeState {
  const { status: task, stored } = lookUp(node.taskId);
  const status = task?.status ?? PENDING;
  const value = status === SUCCESS ? task?.result : null;
  return {
    node,
    status,
    done: isReady(status),
    value,
    hasValue: stored && status === SUCCESS,
    task,
    parts: [],
  };
}

/** Parts that have not all ended: something of them runs or ran, or nothing. */
function underWay(parts: readonly NodeState[]): string {
  return parts.every(({ status }) => status === PENDING) ? PENDING : STARTED;
}

function groupState(node: GraphNode, parts: readonly NodeState[]): NodeState {
  const done = parts.every((part) => part.done);
  const worst = parts.find(({ status }) => status === FAILURE) ?? parts.find(hasFailed);
  const status = done ? (worst?.status ?? SUCCESS) : underWay(parts);
  return {
    node,
    status,
    done,
    value: status === SUCCESS ? parts.map((part) => part.value) : null,
    hasValue: parts.every((part) => part.hasValue),
    parts,
  };
}

/** The first step that has not succeeded decides: what comes after it waits, or never runs. */
function chainState(node: GraphNode, parts: readonly NodeState[]): NodeState {
  const current = parts.find((part) => !succeeded(part)) ?? parts.at(-1);
  if (current === undefined) return groupState(node, parts);
  const { done, value, hasValue } = current;
  return { node, status: done ? current.status : underWay(parts), done, value, hasValue, parts };
}

function chordState(node: GraphNode, header: readonly NodeState[], body: NodeState): NodeState {
  const before = groupState(node, header);
  const parts = [...header, body];
  if (body.done || !before.done || succeeded(before)) {
    const { done, value, hasValue } = body;
    return { node, status: done ? body.status : underWay(parts), done, value, hasValue, parts };
  }
  // The body's failure is on its way, or is a revoke's, which nobody stores.
  return { node, status: FAILURE, done: true, value: null, hasValue: false, parts };
}

/** How a workflow is, by what is known of its tasks. */
export function stateOf(node: GraphNode, lookUp: LookUp): NodeState {
  if (isTask(node)) return taskState(node, lookUp);
  if (node.type === 'chord') {
    const header = node.header.map((part) => stateOf(part, lookUp));
    return chordState(node, header, stateOf(node.body, lookUp));
  }
  const parts = node.parts.map((part) => stateOf(part, lookUp));
  return node.type === 'chain' ? chainState(node, parts) : groupState(node, parts);
}

/** The error of the first task that has one, in the order of the body. */
export function firstError({ task, parts }: NodeState): TaskFailure | null {
  if (task?.error) return task.error;
  for (const part of parts) {
    const error = firstError(part);
    if (error !== null) return error;
  }
  return null;
}
