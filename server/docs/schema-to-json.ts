import type Joi from 'joi';
import type { SchemaName } from '../http/named-schema';

/** A symbol, so that it is in no JSON. */
export const SHARED_AS = Symbol('shared as');

/** A JSON Schema (2020-12, the dialect of OpenAPI 3.1) that is no boolean. */
export interface JsonSchema {
  [keyword: string]: unknown;
  type?: string | readonly string[];
  properties?: Record<string, JsonSchema | boolean>;
  required?: readonly string[];
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  prefixItems?: readonly JsonSchema[];
  enum?: readonly unknown[];
  patternProperties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  $defs?: Record<string, JsonSchema>;
  /** Set where a schema is shared: see `named`. Taken off when the document is put together. */
  [SHARED_AS]?: SchemaName;
}

/** What joi's `describe()` tells of a schema, as far as its own JSON Schema leaves it out. */
interface Description {
  readonly type?: string;
  readonly flags?: { readonly presence?: string; readonly id?: string };
  readonly keys?: Readonly<Record<string, Description>>;
  readonly items?: readonly Description[];
  readonly matches?: readonly Match[];
  readonly shared?: readonly Description[];
  readonly patterns?: readonly { readonly regex?: string; readonly rule: Description }[];
  readonly dependencies?: readonly Dependency[];
  readonly examples?: readonly unknown[];
  readonly metas?: readonly Partial<SchemaName>[];
  readonly rules?: readonly { readonly name: string; readonly args?: { readonly regex?: string } }[];
}

/** One of several alternatives, or all of those that a field decides between. */
interface Match {
  readonly schema?: Description;
  readonly switch?: readonly { readonly then?: Description; readonly otherwise?: Description }[];
}

interface Dependency {
  readonly rel: string;
  readonly key?: string;
  readonly peers: readonly string[];
}

const having = (name: string): JsonSchema => ({ required: [name] });
const lacking = (name: string): JsonSchema => ({ not: having(name) });

function pairs(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((first, index) => names.slice(index + 1).map((second) => [first, second] as const));
}

const notBoth = (names: readonly string[]): JsonSchema[] =>
  pairs(names).map(([first, second]) => ({ not: { required: [first, second] } }));

/** One of joi's relations between keys. */
function relation({ rel, key = '', peers }: Dependency): readonly JsonSchema[] {
  switch (rel) {
    case 'or':
      return [{ not: { allOf: peers.map(lacking) } }];
    case 'xor':
      return [{ not: { allOf: peers.map(lacking) } }, ...notBoth(peers)];
    case 'oxor':
      return notBoth(peers);
    case 'nand':
      return [{ not: { required: peers } }];
    case 'and':
      return [{ dependentRequired: Object.fromEntries(peers.map((p) => [p, peers.filter((q) => q !== p)])) }];
    case 'with':
      return [{ dependentRequired: { [key]: peers } }];
    case 'without':
      return peers.map((peer) => ({ not: { required: [key, peer] } }));
    default:
      throw new Error(`joi's relation "${rel}" has no form in JSON Schema here`);
  }
}

/** joi leaves `null` out of the values where others are listed, so that its own schema refuses it. */
function withNull(schema: JsonSchema): void {
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [];
  if (schema.enum !== undefined && types.includes('null') && !schema.enum.includes(null)) {
    schema.enum = [...schema.enum, null];
  }
}

/** JSON Schema has no flags: a pattern that ignores case says too little rather than something wrong. */
function withoutFlaggedPattern(schema: JsonSchema, { rules = [] }: Description): void {
  if (rules.some(({ args }) => args?.regex !== undefined && /\/[a-z]*i[a-z]*$/.test(args.regex)))
    delete schema.pattern;
}

function amendProperties(schema: JsonSchema, { keys = {}, patterns = [] }: Description): void {
  for (const [name, child] of Object.entries(keys)) {
    const property = schema.properties?.[name];
    if (child.flags?.presence === 'forbidden' && schema.properties !== undefined) {
      delete schema.properties[name];
    } else if (typeof property === 'object') amend(property, child);
  }
  for (const [index, { regex, rule }] of patterns.entries()) {
    const byPattern = Object.values(schema.patternProperties ?? {})[index];
    if (byPattern !== undefined) amend(byPattern, rule);
    else if (typeof schema.additionalProperties === 'object') amend(schema.additionalProperties, rule);
    // "Any name" is what additionalProperties says, and generators know only that.
    if (regex === undefined && schema.patternProperties?.['.*'] !== undefined && patterns.length === 1) {
      schema.additionalProperties = schema.patternProperties['.*'];
      delete schema.patternProperties;
    }
  }
}

/** Where joi put `null` or a text beside an object by `anyOf`, the object's own schema is the one with properties. */
function ownPart(schema: JsonSchema): JsonSchema {
  if (schema.properties !== undefined || schema.anyOf === undefined) return schema;
  return schema.anyOf.find((part) => part.properties !== undefined || part.items !== undefined) ?? schema;
}

/** Adds what joi's conversion leaves out, walking both trees side by side. */
function amend(schema: JsonSchema, description: Description): void {
  withNull(schema);
  withoutFlaggedPattern(schema, description);
  if (description.examples !== undefined) schema.examples = description.examples;
  const own = description.type === 'object' || description.type === 'array' ? ownPart(schema) : schema;
  markShared(own, description);
  amendProperties(own, description);
  const [item, ...others] = description.items ?? [];
  if (item !== undefined && others.length === 0 && own.items !== undefined) amend(own.items, item);
  if (others.length > 0) {
    for (const [index, part] of (own.items?.anyOf ?? []).entries())
      amend(part, description.items?.[index] ?? {});
  }
  amendMatches(own, description);
  const relations = (description.dependencies ?? []).flatMap(relation);
  if (relations.length > 0) own.allOf = [...(own.allOf ?? []), ...relations];
}

/** The last name counts: what is made from a named schema has another one. */
function markShared(schema: JsonSchema, { metas = [] }: Description): void {
  const name = metas.findLast(({ schemaName }) => schemaName !== undefined);
  if (name?.schemaName !== undefined) schema[SHARED_AS] = name as SchemaName;
}

function amendMatches(schema: JsonSchema, { matches = [] }: Description): void {
  const parts = (schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []).filter((part) => part.type !== 'null');
  const described = matches.flatMap(({ schema: one, switch: cases = [] }) =>
    [one, ...cases.flatMap(({ then, otherwise }) => [then, otherwise])].filter((each) => each !== undefined),
  );
  if (parts.length !== described.length) return;
  for (const [index, part] of parts.entries()) amend(part, described[index] ?? {});
}

/** joi puts definitions at the top, whichever schema within shares them. */
function sharedIn(described: unknown, id: string): Description | undefined {
  if (typeof described !== 'object' || described === null) return undefined;
  const { shared = [] } = described as Description;
  const own = Array.isArray(shared) ? shared.find(({ flags }) => flags?.id === id) : undefined;
  if (own !== undefined) return own as Description;
  for (const part of Object.values(described)) {
    const found = sharedIn(part, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The JSON Schema of a joi schema: joi's own conversion, and what that leaves out (relations between keys, `null` among
 * listed values, forbidden keys, examples).
 */
export function schemaToJson(schema: Joi.Schema): JsonSchema {
  const json = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
  const description = schema.describe() as Description;
  amend(json, description);
  for (const [id, definition] of Object.entries(json.$defs ?? {})) {
    const shared = sharedIn(description, id);
    if (shared !== undefined) amend(definition, shared);
  }
  return json;
}
