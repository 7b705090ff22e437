import { clone, cloneWithMembers } from './clone';
import { type Draft, type DraftOptions, isEmptyGroup, listOf } from './draft';
import { appendToOption, bodyOf, link, linkError } from './links';

/**
 * An errback for each task of a chord's group body; a group that runs as one and has errbacks of its own gets it there
 * (celery/canvas.py `_link_error_to_body_tasks`).
 */
const linkErrorToBodyTasks = (sig: Draft, errback: Draft, runsAsGroup = true): void => {
  if (sig.subtask_type === 'group') {
    const own = sig.options.link_error;
    if (runsAsGroup && own !== undefined && own !== null) appendToOption(sig, 'link_error', clone(errback));
    else for (const task of sig.kwargs.tasks) linkErrorToBodyTasks(task, errback, false);
  } else if (sig.subtask_type === 'chord') linkErrorToBodyTasks(bodyOf(sig.kwargs.body), errback);
  else linkError(sig, clone(errback));
};

/**
 * Moves a chord's own `link` and `link_error` to its body, out of `options`, since neither may reach the header. Answers the
 * body to use, a copy when there was something to link (celery/canvas.py `_add_body_callbacks`).
 */
export const withBodyCallbacks = (given: Draft, options: DraftOptions): Draft => {
  const callbacks = listOf(options.link);
  const errbacks = listOf(options.link_error);
  delete options.link;
  delete options.link_error;
  if (callbacks.length === 0 && errbacks.length === 0) return given;
  const body = cloneWithMembers(given);
  for (const item of callbacks) {
    const callback = cloneWithMembers(item);
    if (isEmptyGroup(body)) appendToOption(body, 'link', callback);
    else link(body, callback);
  }
  for (const errback of errbacks) {
    if (body.subtask_type === 'group') linkErrorToBodyTasks(body, errback);
    else appendToOption(body, 'link_error', errback);
  }
  return body;
};
