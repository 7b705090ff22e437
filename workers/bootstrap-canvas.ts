import { randomUUID } from 'node:crypto';
import { derivedIds } from '../celery/protocol';
import { builtinTasks, mapTasks } from './builtin';
import { ChordReturns, Errbacks, FailurePropagation } from './canvas';
import { type Attempts, ChordTakeover, SettleEffects, type TaskServices } from './execution';
import type { TaskDefinition, TaskRegistry } from './registry';

export interface CanvasParts {
  /** What settling publishes and stores. */
  readonly effects: SettleEffects;
  /** Celery's own tasks: those that run on the event loop, and those that call other tasks. */
  readonly builtins: readonly TaskDefinition[];
  readonly takeover: ChordTakeover;
}

const LOOK_EVERY_MS = 5_000;

/** Composes what continues canvases, and makes Celery's own tasks known, except where a task author has one of that name. */
export function canvasOf(services: TaskServices, registry: TaskRegistry, attempts: Attempts): CanvasParts {
  const taskOf = (name: string): TaskDefinition | undefined => registry.get(name);
  const deps = { services, taskOf, newId: randomUUID, idsOf: derivedIds };
  const errbacks = new Errbacks(deps);
  const failures = new FailurePropagation(deps, errbacks);
  const chords = new ChordReturns(deps, failures);
  const builtins = builtinTasks({ ...deps, failures, chords }).filter(
    ({ name }) => taskOf(name) === undefined,
  );
  const maps = mapTasks(taskOf).filter(({ name }) => taskOf(name) === undefined);
  for (const task of [...builtins, ...maps]) registry.register(task);
  return {
    effects: new SettleEffects({ ...deps, attempts, errbacks, failures, chords }),
    builtins,
    takeover: new ChordTakeover({ services, chords, attempts, intervalMs: LOOK_EVERY_MS }),
  };
}
