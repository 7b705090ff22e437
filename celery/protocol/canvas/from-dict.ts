import type { SubtaskType } from '../signature';
import { type Canvas, canvasInvalid } from './canvas';
import { rebuilt } from './clone';
import {
  type ChordKwargs,
  type Draft,
  type GroupDraft,
  isRecord,
  mapSignatureOptions,
  type TaskDraft,
} from './draft';

const TYPES: ReadonlySet<unknown> = new Set(['chain', 'group', 'chord', 'xmap', 'xstarmap', 'chunks']);
/** Five containers a level: what is deeper could not be read back from a message. */
const MAX_CANVAS_DEPTH = 48;

const listIn = (value: unknown, what: string): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw canvasInvalid(`${what} is no list`);
};

const recordIn = (value: unknown, what: string): Readonly<Record<string, unknown>> => {
  if (value === undefined || value === null) return {};
  if (isRecord(value)) return value;
  throw canvasInvalid(`${what} are no mapping`);
};

const typeOf = (value: unknown): SubtaskType => {
  if (value === undefined || value === null || value === '') return null;
  if (TYPES.has(value)) return value as SubtaskType;
  throw canvasInvalid(`the subtask_type ${JSON.stringify(value)} is not known`);
};

const membersIn = (tasks: unknown, depth: number): Draft[] =>
  listIn(tasks, 'kwargs.tasks').map((task) => read(task, depth));

const chordKwargs = (kwargs: Readonly<Record<string, unknown>>, depth: number): ChordKwargs => {
  const { header = [], body, ...rest } = kwargs;
  return {
    ...rest,
    header: Array.isArray(header) ? membersIn(header, depth) : (read(header, depth) as GroupDraft),
    body: body === undefined || body === null ? null : read(body, depth),
  };
};

const kwargsIn = (type: SubtaskType, given: unknown, depth: number): object => {
  const kwargs = recordIn(given, 'kwargs');
  if (type === 'chain' || type === 'group') return { ...kwargs, tasks: membersIn(kwargs.tasks, depth) };
  return type === 'chord' ? chordKwargs(kwargs, depth) : kwargs;
};

/** The signature as it came, with the fields it lacks filled in. */
const read = (value: unknown, depth: number): Draft => {
  if (depth > MAX_CANVAS_DEPTH)
    throw canvasInvalid(`the canvas is nested deeper than ${MAX_CANVAS_DEPTH} levels`);
  if (!isRecord(value) || typeof value.task !== 'string')
    throw canvasInvalid('a signature is a mapping with a task');
  const { task, args, kwargs, options, immutable, chord_size } = value;
  const subtask_type = typeOf(value.subtask_type);
  const draft = {
    task,
    args: args === undefined || args === null ? [] : listIn(args, 'args'),
    kwargs: kwargsIn(subtask_type, kwargs, depth + 1),
    options: mapSignatureOptions(recordIn(options, 'options'), (sig) => read(sig, depth + 1)),
    subtask_type,
    immutable: immutable === true,
    ...(typeof chord_size === 'number' ? { chord_size } : {}),
  };
  return draft as Draft;
};

const TASKS = { xmap: 'celery.map', xstarmap: 'celery.starmap', chunks: 'celery.chunks' } as const;

/** Celery's classes for these keep no subtask_type: their JSON is that of the built-in task. */
const mapped = (type: keyof typeof TASKS, { kwargs: { task, it, n }, options }: TaskDraft): Draft => ({
  task: TASKS[type],
  args: [],
  kwargs: type === 'chunks' ? { task, it, n } : { task, it },
  options,
  subtask_type: null,
  immutable: true,
});

/** Each member as its class would be. Signatures in options stay as they are: Celery too types them only when it runs them. */
const typed = (sig: Draft): Draft => {
  switch (sig.subtask_type) {
    case 'chain':
    case 'group':
      return rebuilt({ ...sig, kwargs: { tasks: sig.kwargs.tasks.map(typed) } } as Draft);
    case 'chord': {
      const { header, body } = sig.kwargs;
      const tasks = Array.isArray(header) ? header.map(typed) : (typed(header) as GroupDraft);
      return rebuilt({ ...sig, kwargs: { ...sig.kwargs, header: tasks, body: body && typed(body) } });
    }
    default:
      return sig.subtask_type === null ? sig : mapped(sig.subtask_type, sig);
  }
};

/**
 * A typed canvas, at every level, from a signature as it travels (celery/canvas.py `from_dict` of each class). Chains and groups
 * keep their members and options and nothing else, as in Python.
 * @throws TaskError `TASK_INVALID` for what is no signature.
 */
export const fromDict = (value: unknown): Canvas => typed(read(value, 0)) as Canvas;
