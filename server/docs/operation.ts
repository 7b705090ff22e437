import type { ProblemCode } from '../errors';
import { PROBLEMS } from '../http/problem-table';
import type { BodyForm, ResponseDescription, RouteDefinition } from '../http/route';
import { headerRef } from './components';
import { problemsOf } from './route-problems';
import { type JsonSchema, schemaToJson } from './schema-to-json';
import type { SharedResponses } from './shared-responses';

/** Statuses after which repeating makes sense. */
const RETRYABLE = new Set([409, 429, 503, 504]);

type Content = Readonly<Record<string, object>>;

/** Names in an Express path, in their order. */
export function pathParameters(path: string): readonly string[] {
  return [...path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name);
}

/** `/tasks/:task_id` as OpenAPI writes it. */
export function templatedPath(path: string): string {
  return path.replaceAll(/[:*](\w+)/g, '{$1}');
}

/** What stands before the handlers and is no part of their schemas. */
function guardParameters(
  { idempotent, confirm, api }: RouteDefinition,
  query: JsonSchema | undefined,
): readonly object[] {
  const schema = { type: 'string' };
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Names this request: the same key with the same body gets the same answer, and the work is done once.',
    schema,
  };
  const confirmation = {
    name: 'confirm',
    in: 'query',
    description: `Repeats ${confirm?.parameter}, to show that it is meant.`,
    ...(confirm?.always === true ? { required: true } : {}),
    schema,
  };
  const keyTold = Object.keys(api.headers ?? {}).some((name) => name.toLowerCase() === 'idempotency-key');
  return [
    ...(idempotent === true && !keyTold ? [key] : []),
    ...(confirm === undefined || query?.properties?.confirm !== undefined ? [] : [confirmation]),
  ];
}

function parameters(route: RouteDefinition): readonly object[] {
  const { path, api } = route;
  const inPath = api.params === undefined ? undefined : schemaToJson(api.params);
  const inQuery = api.query === undefined ? undefined : schemaToJson(api.query);
  return [
    ...pathParameters(path).map((name) => ({
      name,
      in: 'path',
      required: true,
      ...described(inPath?.properties?.[name] ?? { type: 'string' }),
    })),
    ...Object.entries(inQuery?.properties ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      ...(inQuery?.required?.includes(name) ? { required: true } : {}),
      ...described(schema),
    })),
    ...guardParameters(route, inQuery),
    ...Object.entries(api.headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ];
}

/** A parameter's description stands beside its schema. */
function described(schema: JsonSchema | boolean): object {
  if (typeof schema === 'boolean' || schema.description === undefined) return { schema };
  const { description, ...rest } = schema;
  return { description, schema: rest };
}

/** A stream of JSON values is a text to OpenAPI 3.1; what each line or event holds is told beside it. */
function contentOf(contentType: string, schema: JsonSchema | undefined, example: unknown): Content {
  const shown = example === undefined ? {} : { example };
  if (/^application\/([\w.+-]+\+)?json\b/.test(contentType)) {
    return { [contentType]: { ...(schema === undefined ? {} : { schema }), ...shown } };
  }
  const items = schema === undefined ? {} : { 'x-item-schema': schema };
  return { [contentType]: { schema: { type: 'string' }, ...items, ...shown } };
}

function contentOfForms(forms: readonly BodyForm[] | undefined): Content {
  const contents = forms?.map(({ contentType, schema }) =>
    contentOf(contentType, schemaToJson(schema), undefined),
  );
  return Object.assign({}, ...(contents ?? []));
}

function requestBody({ body, api }: RouteDefinition): object {
  if (body === 'none' || (api.body === undefined && api.bodyType === undefined)) return {};
  const schema = api.body === undefined ? undefined : schemaToJson(api.body);
  const required = body === 'json' && api.body?.$_getFlag('presence') !== 'optional';
  const content = contentOf(api.bodyType ?? 'application/json', schema, api.example);
  return { requestBody: { required, content: { ...content, ...contentOfForms(api.bodyForms) } } };
}

function commonHeaders(route: RouteDefinition): Readonly<Record<string, object>> {
  const limited = route.bucket !== 'none';
  return {
    'X-Request-Id': headerRef('X-Request-Id'),
    ...(limited
      ? { 'RateLimit-Policy': headerRef('RateLimit-Policy'), RateLimit: headerRef('RateLimit') }
      : {}),
  };
}

function success(route: RouteDefinition, status: number, response: ResponseDescription): object {
  const own = Object.entries(response.headers ?? {}).map(([name, description]) => {
    return [name, { description, schema: { type: 'string' } }] as const;
  });
  const schema = response.schema === undefined ? undefined : schemaToJson(response.schema);
  const hasContent = schema !== undefined || response.contentType !== undefined;
  const content = contentOf(response.contentType ?? 'application/json', schema, response.example);
  return {
    description: response.description,
    headers: {
      ...commonHeaders(route),
      ...(RETRYABLE.has(status) || status === 202 ? { 'Retry-After': headerRef('Retry-After') } : {}),
      ...Object.fromEntries(own),
    },
    ...(hasContent ? { content: { ...content, ...contentOfForms(response.forms) } } : {}),
  };
}

const PROBLEM = { $ref: '#/components/schemas/Problem' };

function problemContent(codes: readonly ProblemCode[]): Content {
  const schema = {
    allOf: [PROBLEM, { type: 'object', properties: { code: { type: 'string', enum: codes } } }],
  };
  return { 'application/problem+json': { schema } };
}

function problemResponse(route: RouteDefinition, status: number, codes: readonly ProblemCode[]): object {
  return {
    description: codes.map((code) => `${code}: ${PROBLEMS[code].title}.`).join(' '),
    headers: {
      ...commonHeaders(route),
      ...(RETRYABLE.has(status) ? { 'Retry-After': headerRef('Retry-After') } : {}),
    },
    content: problemContent(codes),
  };
}

interface Answer {
  readonly description: string;
  readonly headers: object;
  readonly content?: Content;
}

function responses(route: RouteDefinition, shared: SharedResponses): object {
  const all = new Map<number, Answer | { readonly $ref: string }>();
  for (const [status, response] of Object.entries(route.api.responses)) {
    all.set(Number(status), success(route, Number(status), response) as Answer);
  }
  for (const [status, codes] of problemsOf(route)) {
    const own = all.get(status) as Answer | undefined;
    const refused = problemResponse(route, status, codes) as Answer;
    // A readiness of 503 is an answer of its own beside the problem.
    const both = { ...refused, description: `${own?.description} ${refused.description}` };
    all.set(
      status,
      own === undefined
        ? shared.share(status, refused)
        : { ...both, content: { ...own.content, ...refused.content } },
    );
  }
  return Object.fromEntries(
    [...all].sort(([a], [b]) => a - b).map(([status, answer]) => [String(status), answer]),
  );
}

/** One route as an OpenAPI operation. */
export function operationOf(route: RouteDefinition, shared: SharedResponses): object {
  const { api, scope } = route;
  return {
    operationId: api.operationId,
    summary: api.summary,
    ...(api.description === undefined ? {} : { description: api.description }),
    tags: [api.tag],
    ...(scope === null
      ? { security: [] }
      : { security: [{ bearer: [] }, { apiKey: [] }], 'x-required-scope': scope }),
    'x-rate-limit-bucket': route.bucket,
    parameters: parameters(route),
    ...requestBody(route),
    responses: responses(route, shared),
  };
}
