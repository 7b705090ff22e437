import type { JsonSchema } from '../../server/docs';

const NAME = /^[A-Za-z_$][\w$]*$/;

const quoted = (name: string): string => (NAME.test(name) ? name : JSON.stringify(name));

/** Types of the document's own schemas. */
const COMPONENT = '#/components/schemas/';

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.includes('unknown')) return 'unknown';
  return distinct.map((type) => (type.includes(' & ') ? `(${type})` : type)).join(' | ');
}

/** Names by pattern and any further names, which TypeScript tells alike. */
function indexType({ patternProperties = {}, additionalProperties }: JsonSchema): string | undefined {
  const others = typeof additionalProperties === 'object' ? [additionalProperties] : [];
  const types = [...Object.values(patternProperties), ...others].map(typeOf);
  return types.length === 0 ? undefined : union(types);
}

function objectType(schema: JsonSchema): string {
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).flatMap(([name, property]) => {
    if (property === false) return [];
    const optional = required.includes(name) ? '' : '?';
    const comment = typeof property === 'object' ? commentOf(property.description) : '';
    return [
      `${comment}readonly ${quoted(name)}${optional}: ${typeof property === 'object' ? typeOf(property) : 'unknown'};`,
    ];
  });
  const index = indexType(schema);
  if (fields.length === 0) return `Readonly<Record<string, ${index ?? 'unknown'}>>`;
  const own = `{\n${fields.join('\n')}\n}`;
  return index === undefined ? own : `${own} & Readonly<Record<string, unknown>>`;
}

function arrayType({ items, prefixItems }: JsonSchema): string {
  if (prefixItems !== undefined) return `readonly [${prefixItems.map(typeOf).join(', ')}]`;
  const item = items === undefined ? 'unknown' : typeOf(items);
  return /^\w+$/.test(item) ? `readonly ${item}[]` : `ReadonlyArray<${item}>`;
}

/** Of several types a value may have, each with what the schema says of it. */
function byType(schema: JsonSchema, type: string): string {
  if (type === 'object') return objectType(schema);
  if (type === 'array') return arrayType(schema);
  return SIMPLE[type] ?? 'unknown';
}

/** Conditions on which fields go together are no types. */
const isCondition = (schema: JsonSchema): boolean =>
  Object.keys(schema).every((keyword) => ['not', 'required', 'dependentRequired'].includes(keyword));

/** The name of a shared schema's type. */
export function typeName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A doc comment of one line, or nothing. */
export function commentOf(text: unknown): string {
  return typeof text === 'string' && text !== '' ? `/** ${text.replaceAll('*/', '* /')} */\n` : '';
}

/** A JSON Schema of the document as a TypeScript type. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, oneOf, allOf, type } = schema;
  if (typeof $ref === 'string') return typeName($ref.slice(COMPONENT.length));
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const alternatives = anyOf ?? oneOf;
  if (alternatives !== undefined) return union(alternatives.map(typeOf));
  const parts = (allOf ?? []).filter((part) => !isCondition(part)).map(typeOf);
  const own = type === undefined ? [] : [union([type].flat().map((each) => byType(schema, each)))];
  const all = [...own, ...parts];
  return all.length === 0 ? 'unknown' : all.join(' & ');
}
