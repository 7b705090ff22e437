import fc from 'fast-check';

/** As much of an OpenAPI document as requests are made from. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown; readonly schema?: object }>>;
  };
}

export interface FuzzedRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** What has broken servers before. */
const NASTY: readonly unknown[] = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '../..',
    '%',
    '%00',
    '\u0000',
    '\ud800',
    '\u202e',
    'a'.repeat(300),
    'amq.direct',
    '{}',
  ],
  ...[
    'celery.pidbox',
    'celeryev',
    '__proto__',
    'constructor',
    'CC',
    '-1',
    '1e400',
    'null',
    '\r\nX: y',
    '💣',
    'é',
  ],
  ...[0, -1, 1.5, 2 ** 53, 1e308, true, null, [], {}, [[[]]], { a: { b: [null] } }, { constructor: {} }],
];

const anything = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.anything({ maxDepth: 3, maxKeys: 4, withNullPrototype: false }) },
);

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'unwritable';
  }
};

/** A lone surrogate has no percent-encoding. */
const encoded = (value: unknown): string => encodeURIComponent(Buffer.from(text(value)).toString());

function members(schema: object | undefined, schemas: OpenApi['components']['schemas']): readonly string[] {
  const { $ref, properties = {} } = (schema ?? {}) as {
    readonly $ref?: string;
    readonly properties?: object;
  };
  const named = $ref?.slice('#/components/schemas/'.length);
  return named === undefined ? Object.keys(properties) : members(schemas[named], schemas);
}

/** The example with some members replaced, or a body made of the schema's names, or no JSON at all. */
function bodyOf({ requestBody }: Operation, { components }: OpenApi): fc.Arbitrary<string | undefined> {
  const [content] = Object.values(requestBody?.content ?? {});
  if (content === undefined) return fc.constantFrom(undefined, '{}', '[');
  const example = typeof content.example === 'object' && content.example !== null ? content.example : {};
  const names = [
    ...new Set([...Object.keys(example), ...members(content.schema, components.schemas), 'unknown']),
  ];
  const changes = fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 3 });
  return fc.oneof(
    { weight: 6, arbitrary: changes.map((changed) => text({ ...example, ...changed })) },
    { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...names), anything).map(text) },
    { weight: 1, arbitrary: anything.map(text) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map((depth) => '['.repeat(depth)) },
  );
}

/** Requests for every operation of the document, right in part. */
export function fuzzedRequests(document: OpenApi): readonly fc.Arbitrary<FuzzedRequest>[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => {
        const queries = (operation.parameters ?? [])
          .filter((one) => one.in === 'query')
          .map(({ name }) => name);
        return fc
          .record({
            ids: fc.array(fc.oneof(anything, fc.constantFrom('celery', 'fuzzed', 'x')), {
              minLength: 4,
              maxLength: 4,
            }),
            query: fc.dictionary(fc.constantFrom('x', ...queries), anything, { maxKeys: 3 }),
            contentType: fc.constantFrom(
              'application/json',
              'application/json',
              'application/x-ndjson',
              'text/plain',
            ),
            body: bodyOf(operation, document),
          })
          .map(({ ids, query, contentType, body }): FuzzedRequest => {
            let turn = 0;
            const filled = path.replaceAll(/\{[^}]+\}/g, () => encoded(ids[turn++ % ids.length]) || 'x');
            const search = Object.entries(query).map(([name, value]) => `${name}=${encoded(value)}`);
            return {
              operation: operation.operationId,
              method: method.toUpperCase(),
              path: `${filled}${search.length === 0 ? '' : `?${search.join('&')}`}`,
              headers: body === undefined ? {} : { 'Content-Type': contentType },
              body: method === 'get' ? undefined : body,
            };
          });
      }),
  );
}

/** What is no HTTP, or nearly. */
export const rawRequests: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'BREW', '', 'CONNECT', 'OPTIONS'),
      fc.constantFrom('/', '*', '/%', '//', '/health/live', '/rabbitmq/tasks/submit', 'http://x/', '/\u0000'),
      fc.constantFrom('HTTP/1.1', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.0', ''),
      fc.array(
        fc.constantFrom(
          ...['Host: x', 'Content-Length: -1', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
          ...['Transfer-Encoding: x', 'Expect: 100-continue', 'Upgrade: websocket', 'Connection: upgrade'],
          ...[`X: ${'a'.repeat(20_000)}`, ': y', 'X', 'Content-Encoding: gzip'],
        ),
        { maxLength: 5 },
      ),
      fc.string({ maxLength: 50 }),
    )
    .map(([method, path, version, headers, body]) =>
      [`${method} ${path} ${version}`, ...headers, '', body].join('\r\n'),
    ),
);
