import { defineTask, Ignore, Reject } from 'celery-gateway';

/** To the dead-letter exchange of its queue, or with `requeue: true` back to the queue. It needs `acksLate`. */
export const parse = defineTask('guide.parse', { params: ['text'], acksLate: true }, (_context, { text }) => {
  try {
    return JSON.parse(String(text));
  } catch (cause) {
    throw new Reject('no JSON', { requeue: false, cause });
  }
});

/** No result and no final event: somebody else takes care of this one. */
export const notify = defineTask('guide.notify', { params: ['user'] }, (_context, { user }) => {
  if (user === 'nobody') throw new Ignore();
  return `told ${user}`;
});
