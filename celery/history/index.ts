export type { Change, Missed } from './change-log';
export { type Choice, compileChoice, parseChoice } from './choice';
export { formatPosition, type LogName, type LogPosition, parsePosition } from './log-position';
export { FACETS, type Facet, type FacetCount } from './task-facets';
export { compileFilter, type TaskFilter, type TextTerm, type TimeField, type TimeRange } from './task-filter';
export {
  type ChangeListener,
  type NewsSource,
  submissionIndex,
  type TaskChange,
  TaskHistory,
  type TaskHistoryOptions,
  type TaskHistoryReader,
} from './task-history';
export type { PageEnd, SortField, TaskPage, TaskSort } from './task-page';
export type { RevokeReason, TaskArguments, TaskRecord } from './task-record';
export type { FoundTasks, TaskQuery } from './task-search';
