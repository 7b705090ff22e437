import { canvas, PythonError } from '../../celery/protocol';
import { defineTask, type TaskContext, type TaskDefinition } from '../registry';

export type TaskLookup = (name: string) => TaskDefinition | undefined;

/** The task a map is made of; the arguments of its signature do not count, as in Celery. */
function taskIn(signature: unknown, taskOf: TaskLookup): TaskDefinition {
  const { task } = canvas.fromDict(signature);
  const definition = taskOf(task);
  if (definition === undefined) throw new PythonError('NotRegistered', 'celery.exceptions', [task]);
  return definition;
}

async function each(items: unknown, call: (item: unknown) => unknown): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  for (const item of items as Iterable<unknown>) values.push(await call(item));
  return values;
}

/** `celery.map` and `celery.starmap`: one worker calls the task for each item, one after the other. */
export function mapTasks(taskOf: TaskLookup): readonly TaskDefinition[] {
  const calling =
    (argsOf: (item: unknown) => readonly unknown[]) =>
    (context: TaskContext, { task, it }: { readonly task: unknown; readonly it: unknown }) => {
      const definition = taskIn(task, taskOf);
      return each(it, (item) => definition.invoke(context, argsOf(item), {}));
    };
  return [
    defineTask(
      'celery.map',
      { params: ['task', 'it'] },
      calling((item) => [item]),
    ),
    defineTask(
      'celery.starmap',
      { params: ['task', 'it'] },
      calling((item) => [...(item as Iterable<unknown>)]),
    ),
  ];
}
