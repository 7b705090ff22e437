import { type Workflow, WorkflowEnds } from '../../../../server/workflows';

type State = Parameters<ConstructorParameters<typeof WorkflowEnds>[0]['progress']['of']>[0];

const step = (taskId: string) => ({
  type: 'task' as const,
  taskId,
  name: 'tasks.add',
  signature: { task: 'tasks.add', args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false },
});
const group = (id: string, taskIds: readonly string[], more: Partial<Workflow> = {}): Workflow => ({
  id,
  graph: { type: 'group', parts: taskIds.map(step) },
  createdAt: 1000,
  tenant: null,
  retries: 0,
  canceledAt: null,
  callback: 'sealed',
  ...more,
});

/** Groups of which each task is as far as it is said to be. */
function setup() {
  const status = new Map<string, string>();
  const looked: string[] = [];
  const of = async (graph: State) => {
    const nodes = 'parts' in graph ? graph.parts : [];
    const parts = nodes.map((node) => {
      const taskId = 'taskId' in node ? node.taskId : '';
      const state = status.get(taskId) ?? 'PENDING';
      const error = state === 'FAILURE' ? { type: 'ValueError', message: taskId, module: null } : null;
      return {
        node,
        status: state,
        done: state !== 'PENDING',
        value: null,
        hasValue: false,
        task: { error },
        parts: [],
      };
    });
    looked.push(parts.map((part) => part.status).join(' '));
    const done = parts.every((part) => part.done);
    const failed = parts.find((part) => part.status === 'FAILURE');
    return {
      node: graph,
      status: failed?.status ?? 'SUCCESS',
      done,
      value: null,
      hasValue: false,
      parts,
    } as never;
  };
  const ends = new WorkflowEnds({ progress: { of } });
  const end = async (taskId: string, as = 'SUCCESS') => {
    status.set(taskId, as);
    return ends.of(new Set([taskId]));
  };
  return { ends, end, looked };
}

describe('WorkflowEnds', () => {
  it('tells a workflow once its last task has ended, with the first error', async () => {
    const { ends, end } = setup();
    ends.onChange('w', group('w', ['a', 'b', 'c']));
    expect(await end('b', 'FAILURE')).toEqual([]);
    expect(await end('c')).toEqual([]);
    expect(await end('a')).toEqual([
      expect.objectContaining({
        id: 'w',
        status: 'FAILURE',
        callback: 'sealed',
        error: expect.objectContaining({ message: 'b' }),
      }),
    ]);
  });

  it('looks no more often than it has to: not while the task it waits for runs', async () => {
    const { ends, end, looked } = setup();
    ends.onChange('w', group('w', ['a', 'b', 'c', 'd']));
    await end('d');
    await end('c');
    await end('b');
    expect(looked).toHaveLength(1);
    expect(await end('a')).toHaveLength(1);
  });

  it('passes by what nobody asked to be told of, and what was forgotten', async () => {
    const { ends, end, looked } = setup();
    ends.onChange('quiet', group('quiet', ['a'], { callback: undefined }));
    ends.onChange('gone', group('gone', ['b']));
    ends.onChange('gone', undefined);
    expect(await end('a')).toEqual([]);
    expect(await end('b')).toEqual([]);
    expect(looked).toEqual([]);
  });

  it('tells of a retry by its new tasks', async () => {
    const { ends, end } = setup();
    ends.onChange('w', group('w', ['a']));
    expect(await end('a', 'FAILURE')).toMatchObject([{ status: 'FAILURE', retries: 0 }]);
    ends.onChange('w', group('w', ['a2'], { retries: 1 }));
    expect(await end('a')).toEqual([]);
    expect(await end('a2')).toMatchObject([{ status: 'SUCCESS', retries: 1 }]);
  });
});
