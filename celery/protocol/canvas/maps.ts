import { type Signature, signature } from '../signature';
import type { GroupSignature, TaskSignature } from './canvas';
import { canvasInvalid, isGroup } from './canvas';
import { group } from './compose';

const MAPS: ReadonlySet<string> = new Set(['celery.map', 'celery.starmap']);

const builtIn = (task: string, kwargs: Readonly<Record<string, unknown>>): TaskSignature =>
  signature(task, { kwargs, immutable: true }) as TaskSignature;

/** `task.map(it)`: one worker calls the task for each item. Sent as the built-in task `celery.map`. */
export const xmap = (task: Signature, it: readonly unknown[]): TaskSignature =>
  builtIn('celery.map', { task, it });

/** `task.starmap(it)`: each item is a list of arguments. */
export const xstarmap = (task: Signature, it: readonly (readonly unknown[])[]): TaskSignature =>
  builtIn('celery.starmap', { task, it });

/**
 * `task.chunks(it, n)`: a starmap for each n items. Applied by itself it is published as that group; inside another canvas it
 * travels as the built-in task `celery.chunks`, and the worker that gets it publishes the group: as in Celery.
 */
export const chunks = (task: Signature, it: readonly (readonly unknown[])[], n: number): TaskSignature =>
  builtIn('celery.chunks', { task, it, n });

/** True for what {@link chunks} makes. */
export const isChunks = (sig: Signature): boolean =>
  sig.task === 'celery.chunks' && sig.subtask_type === null && sig.immutable && Array.isArray(sig.kwargs.it);

/** `chunks(...).group()`. @throws TaskError `TASK_INVALID`. */
export const chunksGroup = ({ kwargs: { task, it, n } }: Signature): GroupSignature => {
  if (!Array.isArray(it) || !Number.isInteger(n) || (n as number) < 1) {
    throw canvasInvalid('chunks needs a list and a whole number of at least 1');
  }
  const items: readonly (readonly unknown[])[] = it;
  const size = n as number;
  const parts = Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    xstarmap(task as Signature, items.slice(part * size, (part + 1) * size)),
  );
  const made = group(parts);
  if (!isGroup(made)) throw canvasInvalid('chunks gave no group');
  return made;
};

/** The name a map applied by itself is routed by: that of the task it maps, not `celery.map`. */
export const routeNameOf = ({ task, kwargs }: Signature): string | undefined => {
  if (!MAPS.has(task)) return undefined;
  const inner = kwargs.task as Partial<Signature> | undefined;
  return typeof inner?.task === 'string' ? inner.task : undefined;
};
