import { canvas, type Signature } from '../../celery/protocol';
import { AppliedCanvas, defineTask, type TaskContext } from '../registry';

const signatures = (list: unknown): readonly canvas.Canvas[] =>
  (list as readonly unknown[]).map((each) => canvas.fromDict(each));

/** `celery.chunks`: publishes a starmap for each `n` items. */
export const chunks = defineTask(
  'celery.chunks',
  { params: ['task', 'it', 'n'] },
  (context, { task, it, n }) =>
    context.apply(canvas.chunks(canvas.fromDict(task), it as readonly (readonly unknown[])[], n as number)),
);

/** `celery.group`, which only old clients send: publishes the tasks under ids that are given already. */
export const group = defineTask(
  'celery.group',
  { params: ['tasks', 'result', 'group_id', 'partial_args', { name: 'add_to_parent', default: true }] },
  async (context, { tasks, result, group_id, partial_args }) => {
    for (const task of signatures(tasks)) {
      const member = canvas.clone(task, { args: partial_args as readonly unknown[] });
      const options = { group_id, ...member.options, add_to_parent: false };
      await context.apply(canvas.set(member, options));
    }
    return new AppliedCanvas(canvas.resultFromTuple(result as canvas.ResultTuple));
  },
);

const headerOf = (header: unknown): readonly Signature[] => {
  if (Array.isArray(header)) return signatures(header);
  const sig = canvas.fromDict(header);
  return canvas.isGroup(sig) ? sig.kwargs.tasks : [sig];
};

/** `celery.chord`, which only old clients send: publishes the header. */
export const chord = defineTask(
  'celery.chord',
  { params: ['header', 'body', { name: 'partial_args', default: [] }, '**options'] },
  (context: TaskContext, { header, body, partial_args }) =>
    context.apply(canvas.chord(headerOf(header), canvas.fromDict(body)), {
      args: partial_args as readonly unknown[],
    }),
);
