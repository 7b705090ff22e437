import { type Canvas, canvas, type Signature } from '../../celery/protocol';

/** A task of a workflow: its signature holds its id. A map is one task too. */
export interface TaskNode {
  readonly type: 'task' | 'map' | 'starmap';
  readonly taskId: string;
  /** The task's name; of a map the name of what it calls. */
  readonly name: string;
  readonly signature: Signature;
}

/** Parts that run one after the other or side by side. */
export interface ListNode {
  readonly type: 'chain' | 'group' | 'chunks';
  readonly parts: readonly GraphNode[];
}

export interface ChordNode {
  readonly type: 'chord';
  readonly header: readonly GraphNode[];
  readonly body: GraphNode;
}

/** A canvas of which every task has its id: what is kept of a workflow, and all that its states need. */
export type GraphNode = TaskNode | ListNode | ChordNode;

export function isTask(node: GraphNode): node is TaskNode {
  return 'taskId' in node;
}

/** All tasks, in the order of the body. */
export function tasksOf(node: GraphNode): readonly TaskNode[] {
  if (isTask(node)) return [node];
  return node.type === 'chord'
    ? [...node.header.flatMap(tasksOf), ...tasksOf(node.body)]
    : node.parts.flatMap(tasksOf);
}

/** The canvas that runs a graph. @throws TaskError `TASK_INVALID`. */
export function canvasOf(node: GraphNode): Canvas {
  if (isTask(node)) return canvas.fromDict(node.signature);
  if (node.type === 'chord') return canvas.chord(node.header.map(canvasOf), canvasOf(node.body));
  const parts = node.parts.map(canvasOf);
  return node.type === 'chain' ? canvas.chain(parts) : canvas.group(parts);
}
