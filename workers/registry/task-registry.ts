import type { TaskDefinition, TaskSettings } from './task-definition';

/** Settings that remote control changes while the worker runs (celery/worker/control.py `rate_limit`, `time_limit`). */
export type LiveSettings = Pick<TaskSettings, 'rateLimit' | 'timeLimitSeconds' | 'softTimeLimitSeconds'>;

/** Limits of the whole worker (`--time-limit`, `--soft-time-limit`), for tasks without their own. */
export type DefaultLimits = Pick<TaskSettings, 'timeLimitSeconds' | 'softTimeLimitSeconds'>;

interface Registered {
  readonly given: TaskDefinition;
  /** This worker's own copy: what one worker is told by remote control must not reach another one in the same process. */
  readonly own: { -readonly [Key in keyof TaskDefinition]: TaskDefinition[Key] };
}

/** The tasks this worker knows, by name; mirrors celery/app/registry.py. Two tasks of one name are a mistake. */
export class TaskRegistry {
  private readonly tasks = new Map<string, Registered>();

  constructor(
    definitions: Iterable<TaskDefinition> = [],
    private readonly defaults: DefaultLimits = {},
  ) {
    for (const definition of definitions) this.register(definition);
  }

  /** @throws Error when another task has this name already */
  register(given: TaskDefinition): void {
    const known = this.tasks.get(given.name);
    if (known?.given === given) return;
    if (known !== undefined) throw new Error(`task ${given.name} is defined twice`);
    this.tasks.set(given.name, { given, own: { ...given, settings: this.limited(given.settings) } });
  }

  get(name: string): TaskDefinition | undefined {
    return this.tasks.get(name)?.own;
  }

  /** Changes a task for all runs that start from now on, received ones too. False for a task nobody knows here. */
  change(name: string, settings: LiveSettings): boolean {
    const own = this.tasks.get(name)?.own;
    if (own === undefined) return false;
    own.settings = this.limited({ ...own.settings, ...settings });
    return true;
  }

  /** Names in alphabetical order. */
  get names(): readonly string[] {
    return [...this.tasks.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  private limited(settings: TaskSettings): TaskSettings {
    const hard = settings.timeLimitSeconds || this.defaults.timeLimitSeconds;
    const soft = settings.softTimeLimitSeconds || this.defaults.softTimeLimitSeconds;
    const { timeLimitSeconds: _hard, softTimeLimitSeconds: _soft, ...rest } = settings;
    return {
      ...rest,
      ...(hard ? { timeLimitSeconds: hard } : {}),
      ...(soft ? { softTimeLimitSeconds: soft } : {}),
    };
  }
}
