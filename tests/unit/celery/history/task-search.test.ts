import fc from 'fast-check';
import {
  FACETS,
  parseChoice,
  type TaskFilter,
  TaskHistory,
  type TaskRecord,
} from '../../../../celery/history';
import type { TaskMeta } from '../../../../celery/protocol';

const META = { result: 1, traceback: null, children: [], date_done: null } as const;
const SORT = { field: 'queuedAt', descending: true } as const;

/** One piece of news of one of a few tasks. */
interface News {
  readonly task: number;
  readonly kind: 'submitted' | 'event' | 'result' | 'forgotten';
  readonly name: string;
  readonly state: string;
  readonly at: number;
}

const news = fc.record<News>({
  task: fc.nat(19),
  kind: fc.constantFrom('submitted', 'event', 'result', 'forgotten'),
  name: fc.constantFrom('mail.send', 'mail.read', 'sums.add'),
  state: fc.constantFrom('SUCCESS', 'FAILURE', 'RETRY', 'PROGRESS'),
  at: fc.integer({ min: 1, max: 1000 }),
});

const tell = (history: TaskHistory, { task, kind, name, state, at }: News): void => {
  const taskId = `id${task}`;
  if (kind === 'result') history.onResult({ ...META, task_id: taskId, status: state } as TaskMeta);
  if (kind === 'forgotten') history.onForgotten(taskId);
  if (kind === 'submitted') {
    history.noteSubmitted({ taskId, name, queue: name.slice(0, 4), submittedAt: at } as never);
  }
  if (kind === 'event') {
    const type = { SUCCESS: 'task-succeeded', FAILURE: 'task-failed', RETRY: 'task-retried' }[state];
    const fields = { uuid: taskId, name };
    history.onEvent({
      type: type ?? 'task-started',
      hostname: `w${at % 3}@h`,
      timestamp: at,
      fields,
    } as never);
  }
};

const filters: readonly TaskFilter[] = [
  {},
  { state: parseChoice('SUCCESS') },
  { name: parseChoice('mail.*,!mail.read'), state: parseChoice('!FAILURE') },
  { worker: parseChoice('w1@h') },
  { queue: parseChoice('!mail') },
  { text: [{ in: 'any', text: 'mail', not: false }] },
];

const counted = (tasks: readonly TaskRecord[], facet: (typeof FACETS)[number]) => {
  const counts = new Map<string | null, number>();
  for (const task of tasks) counts.set(task[facet], (counts.get(task[facet]) ?? 0) + 1);
  return counts;
};

describe('searching the history', () => {
  test('counts, kept or taken, are those of the matching tasks, whatever came in whatever order', () => {
    fc.assert(
      fc.property(fc.array(news, { maxLength: 120 }), fc.boolean(), (all, narrowed) => {
        // Fewer than there are tasks, so that some are dropped.
        const history = new TaskHistory({ maxTasks: 15 });
        for (const each of all) tell(history, each);
        const visible = narrowed ? ({ name }: TaskRecord) => name !== 'sums.add' : undefined;
        for (const filter of filters) {
          const matching = history.select(filter).filter(visible ?? (() => true));
          const query = { filter, visible, sort: SORT, limit: 5, facets: FACETS };
          const { tasks, facets } = history.search(query);
          expect(tasks).toHaveLength(Math.min(5, matching.length));
          expect(facets?.total).toBe(matching.length);
          for (const facet of FACETS) {
            const told = facets?.counts[facet] ?? [];
            expect(new Map(told.map(({ value, count }) => [value, count]))).toEqual(counted(matching, facet));
          }
        }
      }),
    );
  });

  test.each([
    ['queuedAt', true],
    ['queuedAt', false],
    ['name', true],
    ['name', false],
    ['doneAt', true],
    ['runtimeSeconds', false],
  ] as const)('pages by %s, descending %s, hold each task once and in order', (field, descending) => {
    const history = new TaskHistory();
    for (let i = 0; i < 30; i += 1) {
      tell(history, { task: i, kind: 'submitted', name: `t${i % 3}`, state: '', at: (i * 7) % 11 });
      if (i % 4 === 0) history.onResult({ ...META, task_id: `id${i}`, status: 'SUCCESS' });
    }
    const found: TaskRecord[] = [];
    let after: ReturnType<TaskHistory['search']>['next'];
    do {
      const page = history.search({ filter: {}, sort: { field, descending }, limit: 7, after });
      found.push(...page.tasks);
      after = page.next;
    } while (after !== undefined);
    expect([found.length, new Set(found).size]).toEqual([30, 30]);
    const none = field === 'name' ? '' : Number.NEGATIVE_INFINITY;
    const values = found.map((task) => task[field] ?? none);
    const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    expect(values).toEqual(descending ? sorted.reverse() : sorted);
  });

  test('facets are told only where they are asked for', () => {
    expect(new TaskHistory().search({ filter: {}, sort: SORT, limit: 1 }).facets).toBeUndefined();
  });
});
