import type { ControlReplies, Inspector } from '../../celery';
import type { Submitter } from '../tasks';
import type { TaskSchemas } from './task-schemas';

/** A task that may be submitted. */
export interface CataloguedTask {
  readonly name: string;
  /** Nodenames of the workers that know it. */
  readonly workers: readonly string[];
  /** JSON Schema of `{args, kwargs}`. */
  readonly schema: object | undefined;
}

export interface Catalogue {
  readonly tasks: readonly CataloguedTask[];
  readonly noReply: readonly string[];
}

export interface CatalogueServiceDeps {
  readonly inspector: Pick<Inspector, 'inspect'>;
  /** Undefined where there is no folder of schemas. */
  readonly schemas: Pick<TaskSchemas, 'schemaOf' | 'names'> | undefined;
}

/** `name [rate_limit=10/s]`: Celery puts what a task was registered with behind its name. */
const nameOf = (registered: string): string => registered.split(' [', 1)[0] ?? registered;

/** What can be submitted: the tasks that workers know and those that have a schema. */
export class CatalogueService {
  constructor(private readonly deps: CatalogueServiceDeps) {}

  /** By name; of a caller who is limited to some tasks only those. */
  async list(caller: Submitter): Promise<Catalogue> {
    const { inspector, schemas } = this.deps;
    const { replies, missing } = await inspector.inspect('registered');
    const workersOf = byTask(replies);
    for (const name of schemas?.names() ?? []) if (!workersOf.has(name)) workersOf.set(name, []);
    const tasks = [...workersOf]
      .filter(([name]) => caller?.tasks?.has(name) !== false)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, workers]) => ({ name, workers: workers.sort(), schema: schemas?.schemaOf(name) }));
    return { tasks, noReply: missing };
  }
}

function byTask(replies: ControlReplies['replies']): Map<string, string[]> {
  const workersOf = new Map<string, string[]>();
  for (const [worker, registered] of Object.entries(replies)) {
    if (!Array.isArray(registered)) continue;
    for (const each of registered) {
      if (typeof each !== 'string') continue;
      const name = nameOf(each);
      const workers = workersOf.get(name);
      if (workers === undefined) workersOf.set(name, [worker]);
      else workers.push(worker);
    }
  }
  return workersOf;
}
