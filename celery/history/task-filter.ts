import { type Choice, compileChoice } from './choice';
import type { Countable } from './task-counts';
import { FACETS, type Facet } from './task-facets';
import type { TaskRecord } from './task-record';

/** Moments of a task that a filter may bound and a list may be sorted by. */
export type TimeField = 'queuedAt' | 'receivedAt' | 'startedAt' | 'doneAt' | 'updatedAt';

/** A time range: from `after` (inclusive) to `before` (exclusive), epoch milliseconds. */
export interface TimeRange {
  readonly field: TimeField;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

/** Text to be found, whatever its case, or not to be found. */
export interface TextTerm {
  readonly in: 'arguments' | 'result' | 'error' | 'any';
  readonly text: string;
  readonly not: boolean;
}

/** Which tasks are meant; all parts must hold. An empty filter means all tasks. */
export interface TaskFilter {
  readonly taskIds?: ReadonlySet<string> | undefined;
  readonly state?: Choice | undefined;
  readonly name?: Choice | undefined;
  readonly worker?: Choice | undefined;
  readonly queue?: Choice | undefined;
  readonly tag?: Choice | undefined;
  /** `key` or `key:value`. */
  readonly stamp?: Choice | undefined;
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly times?: readonly TimeRange[] | undefined;
  readonly text?: readonly TextTerm[] | undefined;
}

type Test = (task: TaskRecord) => boolean;

/** The filter as a test, made once for many tasks. */
export const compileFilter = (filter: TaskFilter): Test => {
  const tests = [...cheapTests(filter), ...timeTests(filter.times ?? []), ...textTests(filter.text ?? [])];
  return (task) => {
    for (const test of tests) if (!test(task)) return false;
    return true;
  };
};

/** Each by its own access: one by a changing name takes several times as long. */
const FIELDS: Readonly<Record<Facet, (task: Countable) => string | null>> = {
  state: (task) => task.state,
  name: (task) => task.name,
  worker: (task) => task.worker,
  queue: (task) => task.queue,
};

const choiceTests = (filter: TaskFilter): readonly ((task: Countable) => boolean)[] =>
  FACETS.flatMap((field) => {
    const choice = filter[field];
    if (choice === undefined) return [];
    const read = FIELDS[field];
    const chosen = compileChoice(choice);
    return [(task: Countable) => chosen(read(task))];
  });

/** The part of a filter that is about state, name, worker and queue. */
export const compileChoices = (filter: TaskFilter): ((task: Countable) => boolean) => {
  const tests = choiceTests(filter);
  return (task) => tests.every((test) => test(task));
};

/** Whether {@link compileChoices} is all there is to a filter. */
export const hasOnlyChoices = ({ times = [], text = [], ...filter }: TaskFilter): boolean =>
  times.length === 0 &&
  text.length === 0 &&
  Object.entries(filter).every(([field, value]) => value === undefined || field in FIELDS);

const cheapTests = (filter: TaskFilter): readonly Test[] => {
  const { taskIds, rootId, parentId, groupId } = filter;
  const tests: Test[] = [];
  if (taskIds !== undefined) tests.push((task) => taskIds.has(task.taskId));
  if (rootId !== undefined) tests.push((task) => task.rootId === rootId);
  if (parentId !== undefined) tests.push((task) => task.parentId === parentId);
  if (groupId !== undefined) tests.push((task) => task.groupId === groupId);
  tests.push(...choiceTests(filter));
  if (filter.tag !== undefined) tests.push(amongTexts(filter.tag, (task) => task.tags ?? []));
  if (filter.stamp !== undefined) tests.push(amongTexts(filter.stamp, stampTexts));
  return tests;
};

/** Of several texts one must be wanted, and none unwanted. */
const amongTexts = ({ any, none }: Choice, textsOf: (task: TaskRecord) => readonly string[]): Test => {
  const wanted = any.length === 0 ? undefined : compileChoice({ any, none: [] });
  const unwanted = none.length === 0 ? undefined : compileChoice({ any: none, none: [] });
  return (task) => {
    const texts = textsOf(task);
    if (wanted !== undefined && !texts.some(wanted)) return false;
    return unwanted === undefined || !texts.some(unwanted);
  };
};

/** Each stamp both as `key` and as `key:value`; a stamp may hold a list of values. */
const stampTexts = ({ stamps }: TaskRecord): readonly string[] => {
  if (stamps === null) return [];
  const texts: string[] = [];
  for (const [key, value] of Object.entries(stamps)) {
    texts.push(key);
    for (const each of Array.isArray(value) ? value : [value]) texts.push(`${key}:${String(each)}`);
  }
  return texts;
};

const timeTests = (ranges: readonly TimeRange[]): readonly Test[] =>
  ranges.map(({ field, after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY }) => (task) => {
    const at = task[field];
    return at !== null && at >= after && at < before;
  });

const textTests = (terms: readonly TextTerm[]): readonly Test[] =>
  terms.map(({ in: where, text, not }) => {
    // A pattern ignores case without making a copy of each text.
    const pattern = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'i');
    const found = (each: string | null): boolean => each !== null && pattern.test(each);
    return (task) => isFound(task, where, found) !== not;
  });

const isFound = (
  task: TaskRecord,
  where: TextTerm['in'],
  found: (text: string | null) => boolean,
): boolean => {
  if (where === 'arguments') return found(task.argumentsText);
  if (where === 'result') return found(task.resultText);
  if (where === 'error') return found(task.errorText);
  return found(task.name) || found(task.argumentsText) || found(task.resultText) || found(task.errorText);
};
