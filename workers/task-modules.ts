import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TaskDefinition } from './registry';
import type { SubscriberDefinition } from './subscribers';

/** A task module is not there, cannot be loaded, or holds no task. */
export class TaskModuleError extends Error {
  override readonly name = 'TaskModuleError';
}

/** What task modules export. */
export interface ModuleContents {
  readonly tasks: readonly TaskDefinition[];
  readonly subscribers: readonly SubscriberDefinition[];
}

/**
 * Loads task modules: built files, folders of them, or npm packages. Every exported task and subscriber counts, also in exported
 * lists.
 * @throws TaskModuleError when one is not there, throws while it loads, or holds neither
 */
export async function loadModules(modules: readonly string[]): Promise<ModuleContents> {
  const found = new Set<Definition>();
  for (const name of modules) {
    let isEmpty = true;
    for (const specifier of await specifiers(name)) {
      for (const definition of definitionsIn(await load(name, specifier))) {
        found.add(definition);
        isEmpty = false;
      }
    }
    if (isEmpty) throw new TaskModuleError(`task module ${name} exports no task`);
  }
  return { tasks: [...found].filter(isTask), subscribers: [...found].filter(isSubscriber) };
}

/** Only the tasks of {@link loadModules}: threads run nothing else. */
export async function loadTaskModules(modules: readonly string[]): Promise<readonly TaskDefinition[]> {
  return (await loadModules(modules)).tasks;
}

type Definition = TaskDefinition | SubscriberDefinition;

/** A module that is not there is said in one line; of what a module throws the stack is told, and the file, which a stack may lack. */
async function load(name: string, specifier: string): Promise<unknown> {
  try {
    return await import(specifier);
  } catch (cause) {
    const text = String(cause);
    const isItself = text.includes(`'${specifier}'`) || text.includes(`'${resolve(name)}'`);
    if (!isItself || (cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') {
      const stack = cause instanceof Error ? (cause.stack ?? text) : text;
      throw new TaskModuleError(`task module ${specifier} cannot be loaded: ${stack}`, { cause });
    }
    throw new TaskModuleError(`task module ${name} is not there: no file, folder or package of that name`);
  }
}

/** What to import for a name: the file, each module of a folder, or the package as it is. */
async function specifiers(name: string): Promise<readonly string[]> {
  const path = resolve(name);
  const entry = await stat(path).catch(() => null);
  if (entry === null)
    return name.startsWith('.') || name.startsWith('/') ? [pathToFileURL(path).href] : [packageNamed(name)];
  if (!entry.isDirectory()) return [pathToFileURL(path).href];
  const files = (await readdir(path)).filter((file) => /\.[cm]?js$/.test(file)).sort();
  return files.map((file) => pathToFileURL(join(path, file)).href);
}

/** A package of the folder the worker is started in, else one this package sees itself. */
function packageNamed(name: string): string {
  try {
    return pathToFileURL(createRequire(resolve('package.json')).resolve(name)).href;
  } catch {
    // Not installed there, or a package for `import` alone.
    return name;
  }
}

/** A CommonJS module comes as the namespace's `default` too; a set keeps each once. */
function definitionsIn(value: unknown, depth = 2): readonly Definition[] {
  if (isTask(value) || isSubscriber(value)) return [value];
  if (typeof value !== 'object' || value === null || depth === 0) return [];
  return Object.values(value).flatMap((item) => definitionsIn(item, depth - 1));
}

const isTask = (value: unknown): value is TaskDefinition =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<TaskDefinition>).name === 'string' &&
  typeof (value as Partial<TaskDefinition>).invoke === 'function';

const isSubscriber = (value: unknown): value is SubscriberDefinition =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<SubscriberDefinition>).queue === 'string' &&
  typeof (value as Partial<SubscriberDefinition>).handle === 'function';
