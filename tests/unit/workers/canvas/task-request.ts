import type { Embed, TaskRequest } from '../../../../celery/protocol';

const NOTHING: Embed = { callbacks: null, errbacks: null, chain: null, chord: null };

/** A task's message as a worker has read it. */
export const taskRequest = (
  embed: Partial<Embed> = {},
  parts: Partial<Omit<TaskRequest, 'embed'>> = {},
): TaskRequest => ({
  id: 'self',
  task: 't.self',
  shadow: null,
  args: [],
  kwargs: {},
  eta: null,
  expires: null,
  group: null,
  groupIndex: null,
  retries: 0,
  timeLimitSeconds: null,
  softTimeLimitSeconds: null,
  rootId: 'root',
  parentId: 'parent',
  argsrepr: '()',
  kwargsrepr: '{}',
  origin: null,
  ignoreResult: undefined,
  replacedTaskNesting: 0,
  stampedHeaders: [],
  stamps: {},
  headers: {},
  replyTo: 'caller',
  correlationId: 'self',
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  priority: null,
  deliveryInfo: { exchange: '', routingKey: 'celery', priority: null, redelivered: false },
  protocol: 2,
  properties: {},
  ...parts,
  embed: { ...NOTHING, ...embed },
});

/** Ids in the order they are asked for: `id1`, `id2` … */
export const countedIds = (): (() => string) => {
  let last = 0;
  return () => {
    last += 1;
    return `id${last}`;
  };
};
