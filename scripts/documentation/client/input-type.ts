import { typeOf } from '../schema-type';
import { inputGroups } from './input-groups';
import type { LongTypes } from './long-types';
import type { Operation } from './operations';

function bodyType({ operationId, requestBody }: Operation, long: LongTypes): string | undefined {
  const [entry] = Object.entries(requestBody?.content ?? {});
  if (entry === undefined) return undefined;
  const [contentType, { schema, 'x-item-schema': item }] = entry;
  const optional = requestBody?.required === true ? '' : '?';
  if (/[/+]json\b/.test(contentType)) {
    const type = schema === undefined ? 'unknown' : long.told(typeOf(schema), operationId, 'Body');
    return `readonly body${optional}: ${type};`;
  }
  return `readonly body${optional}: string | Uint8Array | AsyncIterable<${item ? typeOf(item) : 'unknown'}>;`;
}

/** How the types are told that an operation's own text only names. */
export interface TypeNames {
  /** Names of the groups of parameters that have one, by their types. */
  readonly shared: ReadonlyMap<string, string>;
  readonly long: LongTypes;
}

/** What an operation takes. */
export function inputType(operation: Operation, { shared, long }: TypeNames): string {
  const groups = inputGroups(operation.parameters).map(({ field, required, type }) => {
    const told =
      shared.get(type) ?? (field === 'query' ? long.told(type, operation.operationId, 'Query') : type);
    return `readonly ${field}${required ? '' : '?'}: ${told};`;
  });
  const body = bodyType(operation, long);
  const all = body === undefined ? groups : [...groups, body];
  return all.length === 0 ? 'Readonly<Record<never, never>>' : `{\n${all.join('\n')}\n}`;
}
