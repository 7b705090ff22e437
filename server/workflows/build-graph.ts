import { canvas, type Signature } from '../../celery/protocol';
import { inputError } from '../errors';
import { type ReplyTo, type SignatureBody, submissionOf } from '../tasks';
import type { GraphNode, TaskNode } from './graph';
import { type NodeBody, partsOf, type SharedOptions } from './node-body';

export interface GraphLimits {
  /** Tasks and parts of one workflow. */
  readonly maxNodes: number;
  /** Parts inside parts. */
  readonly maxDepth: number;
}

export interface GraphContext {
  /** A new task id. */
  readonly newId: () => string;
  /** Where results go: also those of steps that a worker sends. */
  readonly replyTo: ReplyTo;
  /** Whether the task may be sent. @param at where it stands. @throws what is answered. */
  readonly check: (sig: Signature, at: string) => void;
  /** Marks a task as its caller's. */
  readonly owned: (sig: Signature) => Signature;
}

const tooLarge = (pointer: string, detail: string) =>
  inputError('REQUEST_INVALID', 'The workflow is too large.', [{ pointer, detail }]);

/** @throws GatewayError REQUEST_INVALID that points to the first part too many. */
export function checkLimits(root: NodeBody, { maxNodes, maxDepth }: GraphLimits): void {
  let count = 0;
  const walk = (node: NodeBody, pointer: string, depth: number): void => {
    count += node.type === 'chunks' ? 1 + Math.ceil(node.items.length / node.size) : 1;
    if (count > maxNodes) throw tooLarge(pointer, `is more than ${maxNodes} tasks and parts`);
    if (depth > maxDepth) throw tooLarge(pointer, `is nested deeper than ${maxDepth} parts`);
    for (const [place, part] of partsOf(node)) walk(part, pointer + place, depth + 1);
  };
  walk(root, '', 1);
}

/** Makes a graph of what a caller asks for: every task checked, given its id and marked as the caller's. */
export class GraphBuilder {
  readonly #context: GraphContext;
  readonly #places = new Map<string, string>();

  constructor(context: GraphContext) {
    this.#context = context;
  }

  /** Where each task stands, by its id. */
  get places(): ReadonlyMap<string, string> {
    return this.#places;
  }

  /**
   * @throws GatewayError NAME_NOT_ALLOWED, ARGUMENTS_INVALID, REQUEST_INVALID for an id given twice; TaskError TASK_INVALID;
   * all with the place.
   */
  build(node: NodeBody, at: string, inherited: SharedOptions = {}): GraphNode {
    const shared = 'options' in node ? { ...inherited, ...node.options } : inherited;
    switch (node.type) {
      case 'task': {
        const { type, ...body } = node;
        return this.#task(this.#signature(body, at, shared), at, type, node.task_name, `${at}/task_id`);
      }
      case 'map':
      case 'starmap':
        return this.#map(node, at, shared);
      case 'chunks': {
        const called = this.#called(node.task, at, shared);
        const group = canvas.chunksGroup(canvas.chunks(called, node.items, node.size));
        const parts = group.kwargs.tasks.map((part) =>
          this.#task(withQueueOf(part, called), at, 'starmap', node.task.task_name, at),
        );
        return { type: 'chunks', parts };
      }
      case 'chord': {
        const header = node.header.map((part, index) => this.build(part, `${at}/header/${index}`, shared));
        return { type: 'chord', header, body: this.build(node.body, `${at}/body`, shared) };
      }
      default: {
        const parts = node.tasks.map((part, index) => this.build(part, `${at}/tasks/${index}`, shared));
        return { type: node.type, parts };
      }
    }
  }

  #map(node: Extract<NodeBody, { type: 'map' | 'starmap' }>, at: string, shared: SharedOptions): TaskNode {
    const called = this.#called(node.task, at, shared);
    const items = node.items as readonly (readonly unknown[])[];
    const made = node.type === 'map' ? canvas.xmap(called, items) : canvas.xstarmap(called, items);
    const sig = canvas.set(
      withQueueOf(made, called),
      node.task_id === undefined ? {} : { task_id: node.task_id },
    );
    return this.#task(sig, at, node.type, node.task.task_name, `${at}/task_id`);
  }

  /** What a map calls. Its own id would be that of none of its calls. */
  #called(body: SignatureBody, at: string, shared: SharedOptions): Signature {
    return this.#signature(body, `${at}/task`, shared);
  }

  #signature(body: SignatureBody, at: string, shared: SharedOptions): Signature {
    const { exchange } = body;
    const { queue: _queue, ...others } = shared;
    const withShared = { ...(exchange === undefined ? shared : others), ...body };
    const { name, args, kwargs, options } = submissionOf(withShared, this.#context.replyTo);
    const sig: Signature = {
      task: name,
      args: args ?? [],
      kwargs: kwargs ?? {},
      options: canvas.signatureOptionsOf(options ?? {}),
      subtask_type: null,
      immutable: body.immutable === true,
    };
    this.#context.check(sig, at);
    return this.#context.owned(sig);
  }

  #task(sig: Signature, at: string, type: TaskNode['type'], name: string, idAt: string): TaskNode {
    const given = sig.options.task_id;
    const taskId = typeof given === 'string' ? given : this.#context.newId();
    if (this.#places.has(taskId)) {
      throw inputError('REQUEST_INVALID', 'An id names one task.', [
        { pointer: idAt, detail: `${taskId} is used twice` },
      ]);
    }
    this.#places.set(taskId, at);
    const signature = {
      ...sig,
      options: { ...sig.options, task_id: taskId, reply_to: this.#context.replyTo() },
    };
    return { type, taskId, name, signature };
  }
}

/** A map is sent where the task it calls would be, as far as its options say. */
const withQueueOf = (map: Signature, { options }: Signature): Signature => {
  const { queue, priority, headers, expires, time_limit, soft_time_limit } = options;
  const taken = { queue, priority, headers, expires, time_limit, soft_time_limit };
  const said = Object.entries(taken).filter(([, value]) => value !== undefined);
  return { ...map, options: { ...map.options, ...Object.fromEntries(said) } };
};
