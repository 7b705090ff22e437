import { bodyFor } from './bodies';
import type { Random } from './random';
import { type Schema, type Schemas, SchemaValues } from './schema-values';
import { FuzzedValues, writtenText } from './values';

/** As much of an OpenAPI document as requests are made from. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Schemas };
}

export interface OperationObject {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown; readonly schema?: Schema }>>;
  };
}

/** One of the document's, with its place in it. */
export interface FuzzedOperation {
  readonly id: string;
  readonly method: string;
  /** With `{parameters}`. */
  readonly route: string;
  readonly object: OperationObject;
}

export interface FuzzedRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** All of a document. */
export function operationsOf(document: OpenApi): readonly FuzzedOperation[] {
  return Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, object]) => ({
        id: object.operationId,
        method: method.toUpperCase(),
        route,
        object,
      })),
  );
}

/** A lone surrogate has no percent-encoding; one in eight is sent as bytes that no encoder would write. */
function encoded(value: unknown, random: Random): string {
  const text = encodeURIComponent(Buffer.from(writtenText(value)).toString());
  return random.oneIn(100) ? `${text}%${random.pick(['', 'f', 'zz', 'ff', 'c0%af', '2e%2e'])}` : text;
}

/** What Node's client refuses to send; the raw sockets send it. */
const headerText = (value: unknown): string =>
  Buffer.from(writtenText(value).slice(0, 1000), 'latin1')
    .toString('latin1')
    .replace(/[^\x20-\x7e\x80-\xff]/g, '');

/** Understood by every route, or by none. */
const OTHER_HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['Prefer', ['wait=0', 'wait=x', 'respond-async', 'return=minimal', 'wait=1, wait=2']],
  ['Accept', ['text/html', 'application/x-ndjson', '*/*;q=0', 'x']],
  ['Content-Encoding', ['gzip', 'br', 'identity', 'x']],
  ['If-None-Match', ['*', 'W/"x"', '"']],
  ['X-Request-Id', ['x', 'a'.repeat(500), '<b>']],
  ['X-Reason', ['fuzzing', '\t', 'é']],
  ['X-Forwarded-For', ['127.0.0.1', '::', 'x, y']],
  ['traceparent', ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0']],
  ['Origin', ['https://example.com', 'null']],
  ['Range', ['bytes=0-1']],
];

/** Makes requests for the operations of a document: right in part. The same ones for the same numbers. */
export class OperationRequests {
  private readonly values: FuzzedValues;
  private readonly fitting: SchemaValues;

  constructor(document: OpenApi, seed: number) {
    this.values = new FuzzedValues(seed);
    this.fitting = new SchemaValues(document.components.schemas, this.values);
  }

  make(random: Random, { id, method, route, object }: FuzzedOperation): FuzzedRequest {
    const { parameters = [], requestBody } = object;
    const query = parameters.filter((one) => one.in === 'query');
    const path = route.replaceAll(/\{[^}]+\}/g, () => this.segment(random));
    const search: string[] = [];
    if (query.some(({ name }) => name === 'confirm') && !random.oneIn(4)) {
      // As the path has it, or nothing that destroys would ever come through.
      search.push(`confirm=${path.split('/')[3] ?? ''}`);
    }
    const chosen = query.filter(({ required }) => required === true && !random.oneIn(12));
    for (let left = random.below(3); left > 0 && query.length > 0; left -= 1) chosen.push(random.pick(query));
    for (const { name, schema } of chosen) {
      search.push(`${name}=${encoded(this.fitting.of(random, schema), random)}`);
    }
    if (random.oneIn(10)) search.push(`${encoded(this.values.any(random), random)}=x`);
    const content = Object.entries(requestBody?.content ?? {});
    const body =
      method === 'GET' ? undefined : bodyFor(random, random.pick(content)?.[1], this.fitting, this.values);
    return {
      operation: id,
      method: method === 'GET' && random.oneIn(50) ? 'HEAD' : method,
      path: search.length === 0 ? path : `${path}?${search.join('&')}`,
      headers: this.headers(random, object, body === undefined ? [] : content.map(([type]) => type)),
      body,
    };
  }

  private segment(random: Random): string {
    const value = random.oneIn(3) ? this.values.any(random) : this.values.name(random);
    return encoded(value, random) || 'x';
  }

  private headers(
    random: Random,
    { parameters = [] }: OperationObject,
    types: readonly string[],
  ): Record<string, string> {
    const headers: Record<string, string> = {};
    if (types.length > 0) {
      headers['Content-Type'] = random.oneIn(12)
        ? random.pick(['text/plain', 'application/json; charset=utf-7', 'x', 'application/x+json'])
        : random.pick(types);
    }
    for (const { name, in: place } of parameters) {
      if (place === 'header' && random.oneIn(4)) headers[name] = headerText(this.values.any(random));
    }
    if (random.oneIn(8)) {
      const [name, texts] = random.pick(OTHER_HEADERS);
      headers[name] = headerText(random.pick(texts));
    }
    return headers;
  }
}
