import Joi from 'joi';
import { parseChoice, type TaskFilter, type TextTerm, type TimeRange } from '../../celery';

/** Which tasks are meant, as a query says it. All that is given must hold. */
export interface TaskFilterQuery {
  readonly state?: string;
  readonly name?: string;
  readonly worker?: string;
  readonly queue?: string;
  readonly tag?: string;
  readonly stamp?: string;
  readonly root_id?: string;
  readonly parent_id?: string;
  readonly group_id?: string;
  readonly text?: string;
  readonly args?: string;
  readonly result?: string;
  readonly error?: string;
  readonly queued_after?: string;
  readonly queued_before?: string;
  readonly received_after?: string;
  readonly received_before?: string;
  readonly started_after?: string;
  readonly started_before?: string;
  readonly done_after?: string;
  readonly done_before?: string;
  readonly updated_after?: string;
  readonly updated_before?: string;
}

const MAX_TEXT = 512;
const CHOICE =
  'Several, separated by commas, mean any of them; `!` before one means not; `*` and `?` as in a shell.';
const choice = (what: string) => Joi.string().max(MAX_TEXT).description(`${what} ${CHOICE}`);
const text = (where: string) =>
  Joi.string()
    .min(1)
    .max(MAX_TEXT)
    .description(`Text in ${where}, whatever its case; \`!\` before it means not.`);
const id = (what: string) => Joi.string().min(1).max(255).description(what);
const moment = (what: string) => Joi.string().isoDate().description(`${what} (RFC 3339).`);

/** The filter's part of a query schema. */
export const taskFilterKeys: Readonly<Record<keyof TaskFilterQuery, Joi.Schema>> = {
  state: choice(
    'QUEUED, RECEIVED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED, REJECTED, or a state of a task.',
  ),
  name: choice('Task names.'),
  worker: choice('Nodenames.'),
  queue: choice('Queues.'),
  tag: choice('Tags.'),
  stamp: choice('Stamps, as `key` or `key:value`.'),
  root_id: id('Tasks of the tree that began with this one.'),
  parent_id: id('Tasks sent by this one.'),
  group_id: id('Members of this group.'),
  text: text('name, arguments, result or error'),
  args: text('arguments'),
  result: text('results'),
  error: text('errors'),
  queued_after: moment('Queued at or after'),
  queued_before: moment('Queued before'),
  received_after: moment('Received by a worker at or after'),
  received_before: moment('Received by a worker before'),
  started_after: moment('Started at or after'),
  started_before: moment('Started before'),
  done_after: moment('Finished at or after'),
  done_before: moment('Finished before'),
  updated_after: moment('With news at or after'),
  updated_before: moment('With news before'),
};

const TIMES = [
  ['queued', 'queuedAt'],
  ['received', 'receivedAt'],
  ['started', 'startedAt'],
  ['done', 'doneAt'],
  ['updated', 'updatedAt'],
] as const;

const TEXTS = [
  ['text', 'any'],
  ['args', 'arguments'],
  ['result', 'result'],
  ['error', 'error'],
] as const;

const epochMs = (moment: string | undefined): number | undefined =>
  moment === undefined ? undefined : Date.parse(moment);

const timesOf = (query: TaskFilterQuery): readonly TimeRange[] =>
  TIMES.flatMap(([name, field]) => {
    const after = epochMs(query[`${name}_after`]);
    const before = epochMs(query[`${name}_before`]);
    return after === undefined && before === undefined ? [] : [{ field, after, before }];
  });

const textsOf = (query: TaskFilterQuery): readonly TextTerm[] =>
  TEXTS.flatMap(([name, where]) => {
    const given = query[name];
    if (given === undefined || given === '!') return [];
    const not = given.startsWith('!');
    return [{ in: where, text: not ? given.slice(1) : given, not }];
  });

/** The filter that a query asks for. */
export function taskFilterOf(query: TaskFilterQuery): TaskFilter {
  const choiceOf = (given: string | undefined) => (given === undefined ? undefined : parseChoice(given));
  return {
    state: choiceOf(query.state),
    name: choiceOf(query.name),
    worker: choiceOf(query.worker),
    queue: choiceOf(query.queue),
    tag: choiceOf(query.tag),
    stamp: choiceOf(query.stamp),
    rootId: query.root_id,
    parentId: query.parent_id,
    groupId: query.group_id,
    times: timesOf(query),
    text: textsOf(query),
  };
}
