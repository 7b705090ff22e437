import { type CanvasPlan, canvas } from '../../../../celery/protocol';
import { bodyPlan, callbackPlans, chainPlan, errbackPlan } from '../../../../workers/canvas';
import { countedIds, taskRequest } from './task-request';

const { chord, group, s, si } = canvas;

const tasksOf = (plan: CanvasPlan | null | undefined) =>
  (plan?.steps ?? []).flatMap((step) => (step.kind === 'task' ? [step] : []));

describe('what follows a task', () => {
  it('one callback is sent as it is, with the result in front and the task as parent', () => {
    const plans = callbackPlans(taskRequest({ callbacks: [s('t.a', 9)] }), 5, () => countedIds());
    expect(plans.map(({ steps }) => steps)).toEqual([
      [
        {
          kind: 'task',
          task: 't.a',
          args: [5, 9],
          kwargs: {},
          options: { task_id: 'id1', reply_to: 'caller', parent_id: 'self', root_id: 'root' },
        },
      ],
    ]);
    expect(plans[0]?.trail).toEqual([{ id: 'id1', parent: null, results: null }]);
  });

  it('several callbacks are one group, a group among them stays its own', () => {
    const callbacks = [s('t.a'), group(s('t.b'), s('t.c')), si('t.d', 'own')];
    const [first, second, ...none] = callbackPlans(taskRequest({ callbacks }), 5, () => countedIds());
    expect(none).toEqual([]);
    expect(tasksOf(first).map(({ task }) => task)).toEqual(['t.b', 't.c']);
    expect(tasksOf(second).map(({ task, args }) => [task, args])).toEqual([
      ['t.a', [5]],
      ['t.d', ['own']],
    ]);
    expect(second?.trail).toMatchObject([{ results: [{}, {}] }]);
  });

  it('the last element of the chain comes next and carries the others on', () => {
    const next = canvas.set(s('t.next'), { task_id: 'frozen', reply_to: 'client', root_id: 'old' });
    const [step] = tasksOf(chainPlan(taskRequest({ chain: [s('t.last'), next] }), 5, () => countedIds()));
    expect(step).toMatchObject({
      task: 't.next',
      args: [5],
      options: { task_id: 'frozen', reply_to: 'client', root_id: 'root', parent_id: 'self' },
    });
    expect(step?.options.chain).toMatchObject([{ task: 't.last' }]);
  });

  it('the last step of a chain gets an empty one, a task without a chain has no next step', () => {
    const [step] = tasksOf(chainPlan(taskRequest({ chain: [s('t.next')] }), 5, () => countedIds()));
    expect(step?.options.chain).toEqual([]);
    expect(chainPlan(taskRequest(), 5, () => countedIds())).toBeNull();
  });

  it('a chord that comes next is begun, and sized before its first header task', () => {
    const next = chord([s('t.a'), s('t.b')], s('t.body'));
    const plan = chainPlan(taskRequest({ chain: [next] }), 5, () => countedIds());
    expect(plan?.steps.map(({ kind }) => kind)).toEqual(['chord', 'chord-size', 'task', 'task']);
    expect(tasksOf(plan).map(({ args }) => args)).toEqual([[5], [5]]);
  });

  it('errbacks are a group with the id of the failed task', () => {
    const plan = errbackPlan([s('t.err', 'own')], taskRequest(), () => countedIds());
    expect(tasksOf(plan)).toMatchObject([
      {
        task: 't.err',
        args: ['self', 'own'],
        options: { parent_id: 'self', root_id: 'root', group_index: 0 },
      },
    ]);
    expect(errbackPlan([], taskRequest(), () => countedIds())).toBeNull();
  });

  it('a task that is its own root names itself to its errbacks', () => {
    const plan = errbackPlan([s('t.err')], taskRequest({}, { rootId: null }), () => countedIds());
    expect(tasksOf(plan)[0]?.options.root_id).toBe('self');
  });

  it('a body receives the list of results and keeps the id it was frozen with', () => {
    const body = canvas.set(s('t.body', 'own'), { task_id: 'frozen' });
    expect(
      tasksOf(bodyPlan(body, [1, 2], { origin: taskRequest(), groupId: 'g' }, () => countedIds())),
    ).toMatchObject([
      { task: 't.body', args: [[1, 2], 'own'], options: { task_id: 'frozen', parent_id: 'self' } },
    ]);
  });

  it('the trace of the task goes along, except where a signature has one of its own', () => {
    const headers = { traceparent: '00-a', tracestate: 'x=1' };
    const callbacks = [
      canvas.set(s('t.a'), { headers: { mine: 1 } }),
      canvas.set(s('t.b'), { headers: { traceparent: '00-b' } }),
    ];
    const [plan] = callbackPlans(taskRequest({ callbacks }, { headers }), 5, () => countedIds());
    expect(tasksOf(plan).map(({ options }) => options.headers)).toEqual([
      { mine: 1, ...headers },
      { traceparent: '00-b' },
    ]);
  });

  it('one of the same trace is from further up: the task is the nearer parent', () => {
    const inTrace = (span: string) => ({ traceparent: `00-${'a'.repeat(32)}-${span.repeat(16)}-01` });
    const callbacks = [canvas.set(s('t.a'), { headers: { ...inTrace('1'), mine: 1 } })];
    const [plan] = callbackPlans(taskRequest({ callbacks }, { headers: inTrace('2') }), 5, () =>
      countedIds(),
    );
    expect(tasksOf(plan).map(({ options }) => options.headers)).toEqual([{ ...inTrace('2'), mine: 1 }]);
  });

  it('what is no signature fails as an invalid task', () => {
    const callbacks = [{ ...s('t.a'), subtask_type: 'group' as const }];
    expect(() => callbackPlans(taskRequest({ callbacks }), 5, () => countedIds())).toThrow(
      expect.objectContaining({ code: 'TASK_INVALID' }),
    );
  });
});
