import { type Canvas, canvas, signature } from '../../celery/protocol';
import { GatewayError } from '../errors';
import { canvasOf, type GraphNode, isTask, type ListNode, tasksOf } from './graph';
import type { NodeState } from './workflow-state';

/** What has to run of a workflow that failed, and the workflow's graph with the new ids of what runs again. */
export interface Remainder {
  readonly run: Canvas;
  readonly graph: GraphNode;
}

const isDone = ({ status }: NodeState): boolean => status === 'SUCCESS';

const notKept = ({ node }: NodeState): GatewayError =>
  new GatewayError(
    'WORKFLOW_CONFLICT',
    `The result of ${tasksOf(node).at(-1)?.taskId} is needed and not kept any more.`,
  );

/**
 * A task that answers a value: Celery's own `celery.accumulate`, which every worker has, TypeScript or Python. It stands in for
 * what has succeeded, so that a chord counts it and the next step receives its value.
 */
function constant(state: NodeState): Canvas {
  if (!state.hasValue) throw notKept(state);
  const [task] = tasksOf(state.node);
  const { queue, reply_to, headers } = task?.signature.options ?? {};
  const options = Object.fromEntries(
    Object.entries({ queue, reply_to, headers }).filter(([, value]) => value !== undefined),
  );
  const parts = { args: [state.value], kwargs: { index: 0 }, options, immutable: true };
  return canvas.fromDict(signature('celery.accumulate', parts));
}

/** Which parts of a workflow run again, and how. */
export class RemainderPlan {
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /**
   * @param needed whether something waits for its value: then also what has succeeded takes part.
   * @throws GatewayError WORKFLOW_CONFLICT when a value is needed that is not kept any more.
   */
  of(state: NodeState, needed = false): Remainder {
    if (isDone(state)) return { run: constant(state), graph: state.node };
    const { node } = state;
    if (isTask(node)) return this.#again(node);
    if (node.type === 'chord') return this.#chord(state, needed);
    return node.type === 'chain' ? this.#chain(node, state, needed) : this.#group(node, state, needed);
  }

  /** All of it, under new ids. */
  #again(node: GraphNode): Remainder {
    const graph = this.#renewed(node);
    return { run: canvasOf(graph), graph };
  }

  #renewed(node: GraphNode): GraphNode {
    if (isTask(node)) {
      const taskId = this.#newId();
      const options = { ...node.signature.options, task_id: taskId };
      return { ...node, taskId, signature: { ...node.signature, options } };
    }
    if (node.type === 'chord') {
      return {
        ...node,
        header: node.header.map((part) => this.#renewed(part)),
        body: this.#renewed(node.body),
      };
    }
    return { ...node, parts: node.parts.map((part) => this.#renewed(part)) };
  }

  /** From the first step that has not succeeded on, with the value of the one before. */
  #chain(node: ListNode, { parts }: NodeState, needed: boolean): Remainder {
    const at = parts.findIndex((part) => !isDone(part));
    const before = parts[at - 1];
    const current = this.of(parts[at] as NodeState, needed || at < parts.length - 1);
    const after = parts.slice(at + 1).map((part) => this.#again(part.node));
    const steps = [
      ...(before === undefined ? [] : [constant(before)]),
      current.run,
      ...after.map(({ run }) => run),
    ];
    const kept = parts.slice(0, at).map((part) => part.node);
    const graph = { ...node, parts: [...kept, current.graph, ...after.map((each) => each.graph)] };
    return { run: canvas.chain(steps), graph };
  }

  /** The members that have not succeeded; the others too where their values are needed. */
  #group(node: ListNode, { parts }: NodeState, needed: boolean): Remainder {
    const members = parts.map((part) => ({
      part,
      again: isDone(part) && !needed ? undefined : this.of(part, needed),
    }));
    const runs = members.flatMap(({ again }) => (again === undefined ? [] : [again.run]));
    const graph = { ...node, parts: members.map(({ part, again }) => again?.graph ?? part.node) };
    return { run: canvas.group(runs), graph };
  }

  /** The header's members that have not succeeded, then the body; or the body alone with the header's values. */
  #chord({ node, parts }: NodeState, needed: boolean): Remainder {
    const header = parts.slice(0, -1);
    const body = parts.at(-1) as NodeState;
    if (header.every(isDone)) {
      const group: NodeState = {
        node: { type: 'group', parts: header.map((part) => part.node) },
        status: 'SUCCESS',
        done: true,
        value: header.map(({ value }) => value),
        hasValue: header.every(({ hasValue }) => hasValue),
        parts: header,
      };
      const again = this.of(body, needed);
      const run = canvas.chain([constant(group), again.run]);
      return { run, graph: { ...node, body: again.graph } as GraphNode };
    }
    const members = header.map((part) => this.of(part, true));
    const again = this.#again(body.node);
    return {
      run: canvas.chord(
        members.map(({ run }) => run),
        again.run,
      ),
      graph: { type: 'chord', header: members.map(({ graph }) => graph), body: again.graph },
    };
  }
}
