/** Where the result of one task will be, and what ran before it. */
export interface TaskResultId {
  readonly id: string;
  readonly parent: CanvasResult | null;
  readonly results: null;
}

/** The results of a group, in order. */
export interface GroupResultId {
  readonly id: string;
  readonly parent: CanvasResult | null;
  readonly results: readonly CanvasResult[];
}

/** What publishing a canvas answers: a tree of ids, known before anything ran (celery/result.py `AsyncResult`, `GroupResult`). */
export type CanvasResult = TaskResultId | GroupResultId;

/** `[[id, parent], null]` for a task, `[[id, parent], [children …]]` for a group: Celery's `as_tuple`. */
export type ResultTuple = readonly [readonly [string, ResultTuple | null], readonly ResultTuple[] | null];

/** A result tree while it is put together. */
export interface ResultDraft {
  readonly id: string;
  parent: ResultDraft | null;
  results: ResultDraft[] | null;
}

export const taskResult = (id: string): ResultDraft => ({ id, parent: null, results: null });
export const groupResult = (id: string, results: ResultDraft[]): ResultDraft => ({
  id,
  parent: null,
  results,
});

/** The result nothing came before. */
export const firstAncestor = (result: ResultDraft): ResultDraft => {
  let node = result;
  while (node.parent !== null) node = node.parent;
  return node;
};

/** A tree that no later step changes. */
export const resultValue = (draft: ResultDraft): CanvasResult => ({
  id: draft.id,
  parent: draft.parent && resultValue(draft.parent),
  results: draft.results?.map(resultValue) ?? null,
});

/** The form in which Celery stores and sends results (`children`, saved groups, `celery.chord_unlock`). */
export const resultTuple = (result: CanvasResult): ResultTuple => [
  [result.id, result.parent && resultTuple(result.parent)],
  result.results?.map(resultTuple) ?? null,
];

/** Reads {@link resultTuple} back; an id alone in place of `[id, parent]` is read too (celery/result.py `result_from_tuple`). */
export const resultFromTuple = (
  tuple: ResultTuple | readonly [string, readonly ResultTuple[] | null],
): CanvasResult => {
  const [head, children] = tuple;
  const [id, parent] = typeof head === 'string' ? [head, null] : head;
  const before = parent && resultFromTuple(parent);
  return { id, parent: before, results: children?.map((child) => resultFromTuple(child)) ?? null };
};
