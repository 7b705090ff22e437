import type { SignatureBody } from '../tasks';

/** What the tasks of a part are sent with unless they say otherwise. */
export interface SharedOptions {
  readonly queue?: string;
  readonly priority?: number;
  readonly expires?: number | string;
  readonly time_limit?: number;
  readonly soft_time_limit?: number;
}

export type TaskNodeBody = SignatureBody & { readonly type: 'task' };

/** `task.map(items)` or `task.starmap(items)`: one task message that calls a task for each item. */
export interface MapNodeBody {
  readonly type: 'map' | 'starmap';
  readonly task: SignatureBody;
  readonly items: readonly unknown[];
  readonly task_id?: string;
  readonly options?: SharedOptions;
}

/** `task.chunks(items, size)`. */
export interface ChunksNodeBody {
  readonly type: 'chunks';
  readonly task: SignatureBody;
  readonly items: readonly (readonly unknown[])[];
  readonly size: number;
  readonly options?: SharedOptions;
}

export interface ListNodeBody {
  readonly type: 'chain' | 'group';
  readonly tasks: readonly NodeBody[];
  readonly options?: SharedOptions;
}

export interface ChordNodeBody {
  readonly type: 'chord';
  readonly header: readonly NodeBody[];
  readonly body: NodeBody;
  readonly options?: SharedOptions;
}

/** A canvas as callers write it. */
export type NodeBody = TaskNodeBody | MapNodeBody | ChunksNodeBody | ListNodeBody | ChordNodeBody;

/** The canvas that a request asks for. */
export type WorkflowBody = NodeBody & {
  /** Told when all of it has ended. */
  readonly callback_url?: string;
};

/** The parts of a node with their places in it. */
export function partsOf(node: NodeBody): readonly (readonly [pointer: string, part: NodeBody])[] {
  switch (node.type) {
    case 'chain':
    case 'group':
      return node.tasks.map((task, index) => [`/tasks/${index}`, task]);
    case 'chord':
      return [...node.header.map((task, index) => [`/header/${index}`, task] as const), ['/body', node.body]];
    default:
      return [];
  }
}
