import { type Canvas, canvas, PythonError, type Signature, type TaskRequest } from '../../celery/protocol';
import { planContext } from './origin';

const improper = (message: string): PythonError =>
  new PythonError('ImproperlyConfigured', 'celery.exceptions', [message]);

/** Takes one value out of a list of one: what a chord of a group gives in place of the group. */
const accumulate = (): Canvas => ({ ...canvas.s('celery.accumulate'), kwargs: { index: 0 } }) as Canvas;

/** A group is uplifted to a chord, so that there is one task to link to, and one that has the replaced task's id. */
function uplifted(sig: Canvas): Canvas {
  if (canvas.isGroup(sig)) return canvas.pipe(sig, accumulate());
  if (!canvas.isChain(sig)) return sig;
  const last = sig.kwargs.tasks.at(-1);
  if (last === undefined) throw improper('Cannot replace with an empty chain');
  if (!canvas.isGroup(last)) return sig;
  return { ...sig, kwargs: { tasks: [...sig.kwargs.tasks.slice(0, -1), canvas.pipe(last, accumulate())] } };
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/** A chain's callbacks belong to its last step: more steps may be put behind it. */
function withCallbacksOnLastStep(sig: Canvas): Canvas {
  const last = canvas.isChain(sig) ? sig.kwargs.tasks.at(-1) : undefined;
  if (last === undefined || sig.options.link === undefined) return sig;
  const { link, ...options } = sig.options;
  const linked = {
    ...last,
    options: { ...last.options, link: [...listOf(last.options.link), ...listOf(link)] },
  };
  return {
    ...sig,
    options,
    kwargs: { tasks: [...(sig.kwargs.tasks as Canvas[]).slice(0, -1), linked] },
  } as Canvas;
}

/**
 * The canvas that runs in a task's place: under its id, with its callbacks, errbacks, chord and group, and with the rest of its
 * chain behind it (celery/app/task.py `Task.replace`). Its `reply_to` is the task's, so that the caller gets the result on rpc
 * too. Pure, but for ids.
 * @throws PythonError `ImproperlyConfigured` for an empty chain or a member of another chord; TaskError `TASK_INVALID`.
 */
export function replacementOf(request: TaskRequest, replacement: Signature, newId: () => string): Canvas {
  const { embed, group, groupIndex, rootId, replacedTaskNesting } = request;
  if ('chord' in replacement.options) {
    throw improper('A signature replacing a task must not be part of a chord');
  }
  let sig = uplifted(canvas.fromDict(replacement));
  for (const callback of embed.callbacks ?? []) sig = canvas.link(sig, callback);
  for (const errback of embed.errbacks ?? []) sig = canvas.linkError(sig, errback);
  sig = withCallbacksOnLastStep(sig);
  sig = canvas.freeze(sig, { id: request.id }, planContext(request, newId)).canvas;
  const nesting = { replaced_task_nesting: replacedTaskNesting + 1 };
  sig = canvas.set(sig, {
    ...nesting,
    ...(embed.chord === null ? {} : { chord: embed.chord }),
    ...(group === null ? {} : { group_id: group }),
    ...(groupIndex === null ? {} : { group_index: groupIndex }),
    ...(rootId === null ? {} : { root_id: rootId }),
  });
  if (canvas.isChain(sig)) {
    sig = { ...sig, kwargs: { tasks: sig.kwargs.tasks.map((step) => canvas.set(step, nesting)) } };
  }
  const rest = (embed.chain ?? []).map((step) => canvas.set(canvas.fromDict(step), nesting)).reverse();
  return rest.length === 0 ? sig : canvas.pipe(sig, ...rest);
}

/**
 * A signature made a member of the chord the task is in (celery/app/task.py `Task.add_to_chord`).
 * @throws PythonError `ValueError` where the task is in none.
 */
export function chordMember(request: TaskRequest, given: Signature, newId: () => string): Canvas {
  const { embed, group, groupIndex, rootId } = request;
  if (embed.chord === null || group === null) {
    throw new PythonError('ValueError', 'builtins', ['Current task is not member of any chord']);
  }
  const member = canvas.set(canvas.fromDict(given), {
    group_id: group,
    chord: embed.chord,
    ...(groupIndex === null ? {} : { group_index: groupIndex }),
    ...(rootId === null ? {} : { root_id: rootId }),
  });
  return canvas.freeze(member, {}, planContext(request, newId)).canvas;
}
