import fc from 'fast-check';
import { type Canvas, canvas, signature } from '../../../../celery/protocol';
import { canvasOf, type GraphNode, isTask, tasksOf } from '../../../../server/workflows/graph';
import { RemainderPlan } from '../../../../server/workflows/remainder';
import { type KnownTask, type NodeState, stateOf } from '../../../../server/workflows/workflow-state';

const known = (status: string, result: unknown, stored = true): KnownTask =>
  ({ status: { status, result: status === 'SUCCESS' ? result : null }, stored }) as KnownTask;

let ids = 0;
const leaf = (): GraphNode => {
  const taskId = `t${ids++}`;
  return {
    type: 'task',
    taskId,
    name: 'work',
    signature: signature('work', { options: { task_id: taskId } }),
  };
};
const many = (type: 'chain' | 'group', ...parts: readonly GraphNode[]): GraphNode => ({ type, parts });

/** Workflows of two levels and more; a chain's steps are what Celery takes as steps without changing their number. */
const node: fc.Arbitrary<GraphNode> = fc.letrec<{ readonly node: GraphNode }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null).map(leaf),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((parts) => many('group', ...parts)),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((parts) => many('chain', ...parts)),
    fc
      .tuple(fc.array(tie('node'), { minLength: 1, maxLength: 3 }), tie('node'))
      .map(([header, body]): GraphNode => ({ type: 'chord', header, body })),
  ),
})).node;

/** Runs a workflow as workers would: in order, a task fails by a throw of the dice, and nothing runs after a failure. */
const run = (graph: GraphNode, fails: () => boolean): Map<string, KnownTask> => {
  const ended = new Map<string, KnownTask>();
  const step = (part: GraphNode): boolean => {
    if (isTask(part)) {
      const failed = fails();
      ended.set(part.taskId, known(failed ? 'FAILURE' : 'SUCCESS', `of ${part.taskId}`));
      return !failed;
    }
    if (part.type === 'chain') return part.parts.every(step);
    if (part.type === 'chord') return part.header.map(step).every(Boolean) && step(part.body);
    return part.parts.map(step).every(Boolean);
  };
  step(graph);
  return ended;
};

const idsIn = (sig: Canvas): string[] => {
  const plan = JSON.stringify(sig);
  return [...plan.matchAll(/"task_id":"([^"]+)"/g)].map((match) => match[1] ?? '');
};

const lookUp =
  (ended: ReadonlyMap<string, KnownTask>) =>
  (id: string): KnownTask =>
    ended.get(id) ?? { status: undefined, stored: false };

const renewed = (): (() => string) => {
  let count = 0;
  return () => `new${count++}`;
};

describe('what a retry runs', () => {
  test('is every task that has not succeeded, under a new id, and no other; then the workflow has succeeded', () => {
    fc.assert(
      fc.property(node, fc.infiniteStream(fc.boolean()), (graph, dice) => {
        const ended = run(graph, () => dice.next().value as boolean);
        const state = stateOf(graph, lookUp(ended));
        expect(state.done).toBe(true);
        fc.pre(state.status !== 'SUCCESS');
        const remainder = new RemainderPlan(renewed()).of(state);
        const old = tasksOf(graph);
        const next = tasksOf(remainder.graph);
        expect(next).toHaveLength(old.length);
        next.forEach(({ taskId }, index) => {
          const before = old[index]?.taskId ?? '';
          const succeeded = ended.get(before)?.status?.status === 'SUCCESS';
          expect([before, taskId === before]).toEqual([before, succeeded]);
        });
        const fresh = next.map(({ taskId }) => taskId).filter((id) => id.startsWith('new'));
        const inCanvas = idsIn(remainder.run).filter((id) => id.startsWith('new'));
        expect(inCanvas).toHaveLength(fresh.length);
        expect(new Set(inCanvas)).toEqual(new Set(fresh));
        for (const [id, task] of run(remainder.graph, () => false))
          if (id.startsWith('new')) ended.set(id, task);
        expect(stateOf(remainder.graph, lookUp(ended)).status).toBe('SUCCESS');
      }),
    );
  });

  test('a value that is not kept any more stands in the way only where it is needed', () => {
    const graph = many('chain', leaf(), leaf());
    const [first, second] = tasksOf(graph).map(({ taskId }) => taskId);
    const ended = new Map([
      [first ?? '', known('SUCCESS', 1, false)],
      [second ?? '', known('FAILURE', null)],
    ]);
    const retry = (of: GraphNode) => new RemainderPlan(renewed()).of(stateOf(of, lookUp(ended)));
    expect(() => retry(graph)).toThrow(expect.objectContaining({ code: 'WORKFLOW_CONFLICT' }));
    expect(() => retry({ ...graph, type: 'group' } as GraphNode)).not.toThrow();
  });
});

describe('the state of a workflow', () => {
  const state = (graph: GraphNode, statuses: readonly string[]): NodeState => {
    const tasks = tasksOf(graph);
    return stateOf(
      graph,
      lookUp(new Map(tasks.map(({ taskId }, index) => [taskId, known(statuses[index] ?? 'PENDING', index)]))),
    );
  };

  test.each<readonly [string, () => GraphNode, readonly string[], string, boolean]>([
    ['a chain that has not begun', () => many('chain', leaf(), leaf()), [], 'PENDING', false],
    ['a chain between two steps', () => many('chain', leaf(), leaf()), ['SUCCESS'], 'STARTED', false],
    ['a chain whose step was revoked', () => many('chain', leaf(), leaf()), ['REVOKED'], 'REVOKED', true],
    [
      'a group with a failure, the others running',
      () => many('group', leaf(), leaf()),
      ['FAILURE', 'STARTED'],
      'STARTED',
      false,
    ],
    [
      'a group with a failure, all ended',
      () => many('group', leaf(), leaf()),
      ['FAILURE', 'SUCCESS'],
      'FAILURE',
      true,
    ],
    [
      'a chord whose header failed, its body not heard of',
      () => ({ type: 'chord', header: [leaf()], body: leaf() }),
      ['FAILURE'],
      'FAILURE',
      true,
    ],
    [
      'a chord whose body runs',
      () => ({ type: 'chord', header: [leaf()], body: leaf() }),
      ['SUCCESS', 'STARTED'],
      'STARTED',
      false,
    ],
  ])('%s', (_, graph, statuses, status, done) => {
    expect(state(graph(), statuses)).toMatchObject({ status, done });
  });

  test('a graph makes the canvas it was made of', () => {
    const graph: GraphNode = { type: 'chord', header: [leaf(), many('chain', leaf(), leaf())], body: leaf() };
    const plan = canvas.planCanvas(canvasOf(graph), {}, { newId: renewed(), replyTo: 'r' });
    const sent = plan.steps.flatMap((step) => (step.kind === 'task' ? [step.options.task_id] : []));
    const [first, second] = tasksOf(graph);
    expect(sent).toEqual([first?.taskId, second?.taskId]);
  });
});
