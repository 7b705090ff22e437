import type { Clock } from '../../runtime';
import type { MessagingService } from '../messaging';
import { taskStatus, type WaitLimit } from '../tasks';
import { type GraphNode, isTask, tasksOf } from './graph';
import { type KnownTask, type NodeState, stateOf } from './workflow-state';

export interface WorkflowProgressDeps {
  readonly messaging: Pick<MessagingService, 'findTask' | 'awaitTask'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly waiters: Pick<WaitLimit, 'during'>;
}

/** A task whose result is ignored ends without one: its events are looked at so often, in milliseconds. */
const LOOK_AGAIN_MS = 2000;
const UNHEARD: KnownTask = { status: undefined, stored: false };

/** How workflows are, by what is known of their tasks. */
export class WorkflowProgress {
  constructor(private readonly deps: WorkflowProgressDeps) {}

  async of(graph: GraphNode): Promise<NodeState> {
    const { messaging, clock } = this.deps;
    const known = new Map<string, KnownTask>();
    for (const { taskId } of tasksOf(graph)) {
      const found = await messaging.findTask(taskId);
      const status = taskStatus(taskId, found, clock.now());
      known.set(taskId, { status, stored: found.meta !== null });
    }
    return stateOf(graph, (taskId) => known.get(taskId) ?? UNHEARD);
  }

  /** The same once it is done, or `waitMs` later, or when the signal aborts; at once where too many wait already. */
  async awaited(graph: GraphNode, waitMs: number, signal: AbortSignal, caller = ''): Promise<NodeState> {
    const { messaging, clock, waiters } = this.deps;
    const until = clock.monotonic() + waitMs;
    let state = await this.of(graph);
    await waiters.during(caller, async () => {
      for (let left = waitMs; !state.done && left > 0 && !signal.aborted; left = until - clock.monotonic()) {
        await messaging.awaitTask(hindrance(state), Math.min(left, LOOK_AGAIN_MS), signal);
        state = await this.of(graph);
      }
    });
    return state;
  }
}

/** A task without whose end the workflow does not end. */
export function hindrance(state: NodeState): string {
  const { node, parts } = state;
  if (isTask(node)) return node.taskId;
  // Of a chain and of a chord the first part that is not done is the one that is at work; a group needs each.
  const open = parts.find((part) => !part.done) ?? parts.at(-1);
  return open === undefined ? '' : hindrance(open);
}
