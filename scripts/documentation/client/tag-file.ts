import { commentOf, typeName } from '../schema-type';
import { answerType } from './answer-type';
import { inputType, type TypeNames } from './input-type';
import type { Located } from './operations';

const camel = (tag: string): string =>
  tag.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());

/** The interface of a tag's operations. */
export const interfaceName = (tag: string): string => `${typeName(camel(tag))}Operations`;

/** The table of where they are. */
export const tableName = (tag: string): string => `${tag.replaceAll('-', '_').toUpperCase()}_OPERATIONS`;

function operationType({ method, path, operation }: Located, names: TypeNames): string {
  const scope = operation['x-required-scope'];
  const comment = `${operation.summary}. \`${method} ${path}\`${scope === undefined ? '' : `, scope ${scope}`}`;
  return `${commentOf(comment)}readonly ${operation.operationId}: {\nreadonly input: ${inputType(operation, names)};\nreadonly answer: ${answerType(operation, names.long)};\n};`;
}

function operationRow({ method, path, operation: { operationId, requestBody } }: Located): string {
  const [contentType] = Object.keys(requestBody?.content ?? {});
  const row = [method, path, ...(contentType === undefined ? [] : [contentType])];
  return `${operationId}: [${row.map((text) => JSON.stringify(text)).join(', ')}],`;
}

/** A tag's operations, and where each is found. */
export function tagText(tag: string, operations: readonly Located[], names: TypeNames): string {
  const own = operations.filter((located) => located.tag === tag);
  const types = own.map((located) => operationType(located, names)).join('\n');
  return [
    `export interface ${interfaceName(tag)} {\n${types}\n}\n`,
    `export const ${tableName(tag)} = {\n${own.map(operationRow).join('\n')}\n} as const;\n`,
  ].join('\n');
}
