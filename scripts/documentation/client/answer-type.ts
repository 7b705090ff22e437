import { typeOf } from '../schema-type';
import type { LongTypes } from './long-types';
import type { Content, Operation } from './operations';

const PROBLEM = 'application/problem+json';

/** What the body of an answer is to the caller: see client/body.ts, which reads it so. */
function bodyOf(content: Content | undefined, told: (type: string) => string): string {
  const [entry] = Object.entries(content ?? {}).filter(([type]) => type !== PROBLEM);
  if (entry === undefined) return 'undefined';
  const [contentType, { schema, 'x-item-schema': item }] = entry;
  if (/[/+]json\b/.test(contentType)) return schema === undefined ? 'unknown' : told(typeOf(schema));
  const items = item === undefined ? 'unknown' : typeOf(item);
  if (contentType.startsWith('text/event-stream')) return `AsyncIterable<ServerEvent<${items}>>`;
  if (/ndjson|jsonl|json-seq/.test(contentType)) return `AsyncIterable<${items}>`;
  return 'string';
}

/** What an operation can answer, but for problems, which the client throws. */
export function answerType({ operationId, responses }: Operation, long: LongTypes): string {
  const told = (type: string): string => long.told(type, operationId, 'Answer');
  const answers = Object.entries(responses).flatMap(([status, { $ref, content }]) => {
    // Only problems are shared.
    if ($ref !== undefined) return [];
    // Thrown by the client: only who sent an If-None-Match can get it.
    if (status === '304') return [];
    const isProblem = content !== undefined && Object.keys(content).every((type) => type === PROBLEM);
    return isProblem ? [] : [`Answer<${status}, ${bodyOf(content, told)}>`];
  });
  return answers.join(' | ');
}
