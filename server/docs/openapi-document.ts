import type { SchemaName } from '../http/named-schema';
import type { RouteDefinition } from '../http/route';
import { COMPONENTS } from './components';
import { operationOf, templatedPath } from './operation';
import { type JsonSchema, SHARED_AS } from './schema-to-json';
import { SharedResponses } from './shared-responses';

/** An OpenAPI document, as far as its readers here need to know it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, object>>;
  };
  readonly [field: string]: unknown;
}

/** Of the HTTP interface; a change that breaks callers raises the first number. */
const API_VERSION = '1.0.0';

const INFO = {
  title: 'celery-gateway',
  version: API_VERSION,
  summary: 'Celery tasks on RabbitMQ, over HTTP',
  description:
    'Submits Celery tasks, follows and steers them. `x-required-scope` is what a key must be allowed to do. Problems are `application/problem+json` with a stable `code`. Answers may gain fields.',
  license: { name: 'MIT', identifier: 'MIT' },
};

/**
 * Schemas with a name (`named`) or an id (joi's `.id()`, `.shared()`) are told once, as components: `$defs` inside an operation
 * would not be found by a reference, which starts at the document.
 */
function hoist(value: unknown, schemas: Record<string, JsonSchema>): unknown {
  if (Array.isArray(value)) return value.map((item) => hoist(item, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { [SHARED_AS]: name } = value as JsonSchema;
  if (name !== undefined) return reference(value as JsonSchema, name, schemas);
  const hoisted: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$defs') {
      for (const [name, schema] of Object.entries(inner as Record<string, JsonSchema>)) {
        share(name, hoist(schema, schemas) as JsonSchema, schemas);
      }
    } else if (key === '$ref' && typeof inner === 'string') {
      hoisted.$ref = inner.replace(/^#\/\$defs\//, '#/components/schemas/');
    } else hoisted[key] = hoist(inner, schemas);
  }
  return hoisted;
}

/** What is said of a shared schema where it is used, and that it may be null there, stands beside the reference. */
function reference(
  { [SHARED_AS]: _name, description, type, ...schema }: JsonSchema,
  { schemaName, schemaDescription }: SchemaName,
  schemas: Record<string, JsonSchema>,
): JsonSchema {
  const own = schemaDescription === undefined ? {} : { description: schemaDescription };
  const types = [type ?? []].flat();
  const isNullable = types.includes('null');
  const [only] = types.filter((each) => each !== 'null');
  const shared = { ...own, ...(only === undefined ? {} : { type: only }), ...schema };
  share(schemaName, hoist(shared, schemas) as JsonSchema, schemas);
  const said = description === undefined || description === schemaDescription ? {} : { description };
  const $ref = `#/components/schemas/${schemaName}`;
  return isNullable ? { anyOf: [{ $ref }, { type: 'null' }], ...said } : { $ref, ...said };
}

/** @throws Error when two schemas of the same id differ: a reference could mean either. */
function share(name: string, schema: JsonSchema, schemas: Record<string, JsonSchema>): void {
  const known = schemas[name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`two schemas have the id "${name}"`);
  }
  schemas[name] = schema;
}

/** A further broker has the routes that work with a broker; keys, audit log and metrics are the gateway's. */
const furtherServer = (name: string): object => ({
  url: `brokers/${name}`,
  description: `The broker ${name}: tasks, workflows, schedules, workers, webhooks, queues and messages.`,
});

/**
 * The OpenAPI 3.1 document of the routes: made from the schemas that validate, so it cannot say anything else.
 * @param brokers names of further brokers.
 */
export function openApiDocument(
  routes: readonly RouteDefinition[],
  brokers: readonly string[] = [],
): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = { ...COMPONENTS.schemas };
  const shared = new SharedResponses();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = templatedPath(route.path);
    paths[path] = { ...paths[path], [route.method]: hoist(operationOf(route, shared), schemas) as object };
  }
  const tags = new Set(routes.map((route) => route.api.tag));
  return {
    openapi: '3.1.1',
    info: INFO,
    // Relative to this document, so that it holds behind a proxy's prefix.
    servers: [{ url: '.' }, ...brokers.map(furtherServer)],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: { ...COMPONENTS, schemas, responses: shared.components },
  };
}
