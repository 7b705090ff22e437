import type { TaskDefinition } from '../registry';
import { chord, chunks, group } from './canvas-tasks';
import { type ChordUnlockDeps, chordUnlock } from './chord-unlock';
import { mapTasks } from './map-tasks';
import { accumulate, backendCleanup, chain } from './plain-tasks';

export { mapTasks, type TaskLookup } from './map-tasks';

/**
 * The tasks every Celery worker has (celery/app/builtins.py): any worker of a queue may get them, so this one must know them
 * too. They run on the event loop, whatever the pool; only {@link mapTasks} call code of task authors.
 */
export const builtinTasks = (deps: ChordUnlockDeps): readonly TaskDefinition[] => [
  accumulate,
  backendCleanup,
  chain,
  chord,
  chordUnlock(deps),
  chunks,
  group,
];
