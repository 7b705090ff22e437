import type { QueuePause } from './queue-pause';
import type { PauseOutcome } from './service';

function pauseView(queue: string, { state, since, by, workers }: QueuePause) {
  return { queue, state, since: new Date(since).toISOString(), by, workers };
}

function outcomesView({ outcomes }: PauseOutcome) {
  return {
    outcomes: outcomes.map(({ hostname, status, message }) => ({ worker: hostname, status, message })),
    no_reply: outcomes.filter(({ status }) => status === 'no_reply').map(({ hostname }) => hostname),
  };
}

export function listView(pauses: readonly (readonly [string, QueuePause])[]): object {
  return { queues: pauses.map(([queue, pause]) => pauseView(queue, pause)) };
}

export function pausedView(outcome: PauseOutcome): object {
  const { queue, pause } = outcome;
  return { ...(pause === undefined ? { queue } : pauseView(queue, pause)), ...outcomesView(outcome) };
}

export function resumedView(outcome: PauseOutcome): object {
  const state = outcome.pause === undefined ? 'resumed' : 'resuming';
  return { queue: outcome.queue, state, ...outcomesView(outcome) };
}
