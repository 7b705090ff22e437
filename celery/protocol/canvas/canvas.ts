import { TaskError } from '../../errors';
import type { Signature } from '../signature';

/** A call of one task. `celery.map`, `celery.starmap` and `celery.chunks` are such calls too, as in Python's JSON. */
export interface TaskSignature extends Signature {
  readonly subtask_type: null;
}

/** Steps in the order they run. */
export interface ChainSignature extends Signature {
  readonly subtask_type: 'chain';
  readonly kwargs: Readonly<{ tasks: readonly Canvas[] }>;
}

/** Tasks that run side by side. */
export interface GroupSignature extends Signature {
  readonly subtask_type: 'group';
  readonly kwargs: Readonly<{ tasks: readonly Canvas[] }>;
}

/** A header that runs side by side and a body that receives the list of its results. */
export interface ChordSignature extends Signature {
  readonly subtask_type: 'chord';
  readonly kwargs: Readonly<{
    header: GroupSignature | readonly Canvas[];
    /** Null until the chord is given one. */
    body: Canvas | null;
    kwargs?: Readonly<Record<string, unknown>>;
    [other: string]: unknown;
  }>;
}

/** Any signature, told apart by `subtask_type`, with typed members at every level (celery/canvas.py). */
export type Canvas = TaskSignature | ChainSignature | GroupSignature | ChordSignature;

export const isChain = (canvas: Signature): canvas is ChainSignature => canvas.subtask_type === 'chain';
export const isGroup = (canvas: Signature): canvas is GroupSignature => canvas.subtask_type === 'group';
export const isChord = (canvas: Signature): canvas is ChordSignature => canvas.subtask_type === 'chord';

/** What Celery answers with an IndexError, TypeError or AttributeError, named for what it is. */
export const canvasInvalid = (detail: string): TaskError =>
  new TaskError('TASK_INVALID', `the canvas cannot be built or sent: ${detail}`, {
    details: { errors: [{ pointer: '', detail }] },
  });
