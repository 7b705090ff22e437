import { commentOf, typeName, typeOf } from '../schema-type';
import type { Located, Parameter } from './operations';

/** Where each kind of parameter goes in the input, in this order. */
const PLACES = [
  ['params', 'path'],
  ['query', 'query'],
  ['headers', 'header'],
] as const;

/** More names than these would make no name for their group. */
const MAX_NAMED = 2;

/** The parameters of one kind that an operation takes. */
export interface InputGroup {
  readonly field: (typeof PLACES)[number][0];
  readonly required: boolean;
  /** Names of the parameters, in the document's order. */
  readonly names: readonly string[];
  readonly type: string;
}

function groupType(parameters: readonly Parameter[]): string {
  const fields = parameters.map(({ name, required, description, schema }) => {
    return `${commentOf(description)}readonly ${JSON.stringify(name)}${required ? '' : '?'}: ${typeOf(schema)};`;
  });
  return `{\n${fields.join('\n')}\n}`;
}

export function inputGroups(parameters: readonly Parameter[]): readonly InputGroup[] {
  return PLACES.flatMap(([field, place]) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) return [];
    const required = own.some((parameter) => parameter.required);
    return [{ field, required, names: own.map(({ name }) => name), type: groupType(own) }];
  });
}

const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map(typeName)
    .join('');

/** `ScheduleIdParams`, `IfMatchHeaders`. */
const groupName = ({ names, field }: InputGroup): string =>
  `${names.map(pascal).join('And')}${typeName(field)}`;

/**
 * Names for the groups that several operations take, by their types: each is told once. Of two that would have the same name
 * the one in more use has it.
 */
export function sharedGroups(operations: readonly Located[]): ReadonlyMap<string, string> {
  const groups = operations.flatMap(({ operation }) => inputGroups(operation.parameters));
  const uses = new Map<string, number>();
  for (const { type } of groups) uses.set(type, (uses.get(type) ?? 0) + 1);
  const byUse = groups.sort((a, b) => (uses.get(b.type) ?? 0) - (uses.get(a.type) ?? 0));
  const typeOfName = new Map<string, string>();
  for (const group of byUse) {
    if ((uses.get(group.type) ?? 0) < 2 || group.names.length > MAX_NAMED) continue;
    const name = groupName(group);
    if (!typeOfName.has(name)) typeOfName.set(name, group.type);
  }
  return new Map([...typeOfName].map(([name, type]) => [type, name]));
}
