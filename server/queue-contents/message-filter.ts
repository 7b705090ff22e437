import type { PeekedMessage } from '../../amqp';
import { globToRegExp } from '../../celery/protocol';
import { deadLetterMark } from './dead-letter-mark';
import { idOf } from './read-message';

/** Which messages are meant; all that is given must hold. */
export interface MessageFilter {
  /** Task ids, message ids or correlation ids. */
  readonly ids?: readonly string[] | undefined;
  /** Task name; `*` and `?` stand for anything. */
  readonly task?: string | undefined;
  /** Only messages whose age is known can be older. */
  readonly olderThanSeconds?: number | undefined;
  readonly routingKey?: string | undefined;
  /** AMQP's `type` property. */
  readonly type?: string | undefined;
  /** Top-level headers that must equal. */
  readonly headers?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  /** A text in the raw body. */
  readonly contains?: string | undefined;
  /** Why it was dead-lettered. */
  readonly reason?: string | undefined;
  /** Where it was dead-lettered from. */
  readonly originQueue?: string | undefined;
}

export type MessageTest = (message: PeekedMessage) => boolean;

export interface FilterKnowledge {
  /** Epoch milliseconds. */
  readonly now: number;
  /** When a task was submitted, in epoch milliseconds, where the gateway remembers it. */
  readonly submittedAt: (taskId: string) => number | undefined;
}

/** Since when a message is on its way, in epoch milliseconds; Celery's own messages have no time of their own. */
export function bornAt(message: PeekedMessage, knowledge: FilterKnowledge): number | undefined {
  const { timestamp } = message.properties;
  if (typeof timestamp === 'number') return timestamp * 1000;
  const id = idOf(message);
  const submitted = id === undefined ? undefined : knowledge.submittedAt(id);
  return submitted ?? deadLetterMark(message.headers)?.at ?? undefined;
}

function idTest(ids: readonly string[]): MessageTest {
  const wanted = new Set(ids);
  return ({ headers, properties }) =>
    [headers.id, properties.messageId, properties.correlationId].some(
      (id) => typeof id === 'string' && wanted.has(id),
    );
}

function ageTest(seconds: number, knowledge: FilterKnowledge): MessageTest {
  const before = knowledge.now - seconds * 1000;
  return (message) => (bornAt(message, knowledge) ?? Number.POSITIVE_INFINITY) <= before;
}

/** The tests of a filter, the cheap ones first. An empty filter has none: every message is meant. */
export function messageTests(filter: MessageFilter, knowledge: FilterKnowledge): readonly MessageTest[] {
  const { ids, task, olderThanSeconds, routingKey, type, headers, contains, reason, originQueue } = filter;
  const tests: MessageTest[] = [];
  if (ids !== undefined) tests.push(idTest(ids));
  if (routingKey !== undefined) tests.push((message) => message.routingKey === routingKey);
  if (type !== undefined) tests.push(({ properties }) => properties.type === type);
  if (task !== undefined) {
    const pattern = globToRegExp(task);
    tests.push((message) => typeof message.headers.task === 'string' && pattern.test(message.headers.task));
  }
  for (const [name, value] of Object.entries(headers ?? {}))
    tests.push((message) => (message.headers[name] ?? null) === value);
  if (reason !== undefined) tests.push((message) => deadLetterMark(message.headers)?.reason === reason);
  if (originQueue !== undefined)
    tests.push((message) => deadLetterMark(message.headers)?.queue === originQueue);
  if (olderThanSeconds !== undefined) tests.push(ageTest(olderThanSeconds, knowledge));
  if (contains !== undefined) tests.push(({ content }) => content.includes(contains));
  return tests;
}

/** One test for all of them. */
export function messageTest(filter: MessageFilter, knowledge: FilterKnowledge): MessageTest {
  const tests = messageTests(filter, knowledge);
  return (message) => tests.every((test) => test(message));
}
