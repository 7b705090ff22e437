import { parseChoice, type TaskFilter } from '../../celery/history';
import type { RevokeFilter } from './schema';

/** The filter of a body as the history takes it. */
export function filterOf(body: RevokeFilter): TaskFilter {
  const choice = (text: string | undefined) => (text === undefined ? undefined : parseChoice(text));
  const time = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  const { queued_after: after, queued_before: before } = body;
  const ranged = after !== undefined || before !== undefined;
  return {
    state: choice(body.state),
    name: choice(body.name),
    worker: choice(body.worker),
    queue: choice(body.queue),
    tag: choice(body.tag),
    rootId: body.root_id,
    groupId: body.group_id,
    times: ranged ? [{ field: 'queuedAt', after: time(after), before: time(before) }] : undefined,
  };
}
