import { Ajv2020, type ErrorObject } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { wholeDocument } from '../../scripts/documentation/openapi';
import type { OpenApiDocument } from '../../server/docs';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: object }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

/** What a gateway answered, and what it had been asked. */
export interface Exchange {
  readonly method: string;
  /** Of the route, as in Express; undefined where none was found. */
  readonly route: string | undefined;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
  /** The parsed body of the request. */
  readonly asked: unknown;
}

const PROBLEM = 'application/problem+json';
function mediaType(contentType: string | undefined): string {
  return contentType?.split(';')[0]?.trim() ?? '';
}

/** Holds answers to the OpenAPI document. */
export class Contract {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  readonly #validators = new Map<object, (value: unknown) => readonly ErrorObject[]>();

  constructor(readonly document: OpenApiDocument = wholeDocument()) {
    addFormats.default(this.#ajv, { mode: 'fast' });
    this.#ajv.addSchema({ $id: 'openapi:', ...document });
  }

  /** Whether a value matches a schema of the document; what is wrong with it otherwise. */
  problemsOf(schema: object, value: unknown): readonly string[] {
    let check = this.#validators.get(schema);
    if (check === undefined) {
      // References start at the document.
      const inDocument = JSON.parse(
        JSON.stringify(schema).replaceAll('"#/components/', '"openapi:#/components/'),
      );
      const compiled = this.#ajv.compile(inDocument);
      check = (checked) => (compiled(checked) ? [] : (compiled.errors ?? []));
      this.#validators.set(schema, check);
    }
    return check(value).map(({ instancePath, message, params }) => {
      return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
    });
  }

  operation(method: string, route: string): Operation | undefined {
    const path = route.replaceAll(/[:*](\w+)/g, '{$1}');
    return this.document.paths[path]?.[method.toLowerCase()] as Operation | undefined;
  }

  /** What in an exchange is not as the document says. */
  breaches(exchange: Exchange): readonly string[] {
    const { method, route, status } = exchange;
    const asGet = method === 'HEAD' ? 'GET' : method;
    const said = (problems: readonly string[]) => problems.map((p) => `${method} ${route} ${status}: ${p}`);
    // No route, or no such method on it: only the form of the problem can be told.
    if (route === undefined || status === 405) return said(this.#problemForm(exchange));
    const operation = this.operation(asGet, route);
    if (operation === undefined) return said(['the route is not in the OpenAPI document']);
    return said([
      ...this.#answerBreaches(operation, exchange),
      ...this.#requestBreaches(operation, exchange),
    ]);
  }

  #resolved(answer: Answer | undefined): Answer | undefined {
    if (answer?.$ref === undefined) return answer;
    return this.document.components.responses[answer.$ref.slice('#/components/responses/'.length)];
  }

  #problemForm({ method, contentType, body }: Exchange): readonly string[] {
    if (mediaType(contentType) !== PROBLEM) return [`answered ${contentType} in place of a problem document`];
    if (method === 'HEAD') return [];
    return this.problemsOf({ $ref: '#/components/schemas/Problem' }, JSON.parse(body));
  }

  #answerBreaches(operation: Operation, { method, status, contentType, body }: Exchange): readonly string[] {
    const answer = this.#resolved(operation.responses[String(status)]);
    if (answer === undefined)
      return [`${operation.operationId} does not say that it answers ${status}${codeIn(body)}`];
    const type = mediaType(contentType);
    if (answer.content === undefined) return body === '' ? [] : ['has a body that is not described'];
    const found = Object.entries(answer.content).find(([described]) => covers(mediaType(described), type));
    if (found === undefined)
      return [`answers ${type || 'nothing'}, described is ${Object.keys(answer.content)}`];
    const [, { schema }] = found;
    if (schema === undefined) return [`${operation.operationId} has no schema for its answer of ${status}`];
    if (!/[/+]json$/.test(type) || method === 'HEAD') return [];
    return this.problemsOf(schema, JSON.parse(body)).map((problem) => `${problem}; ${body.slice(0, 400)}`);
  }

  /** What was accepted must be acceptable to the document too. */
  #requestBreaches(operation: Operation, { status, asked }: Exchange): readonly string[] {
    const schema = operation.requestBody?.content['application/json']?.schema;
    // 207: parts of the request were refused.
    if (status >= 207 || schema === undefined || asked === undefined) return [];
    return this.problemsOf(schema, asked).map((problem) => `the accepted request: ${problem}`);
  }
}

/** A described type may be a range, such as `text/*`. */
function covers(described: string, type: string): boolean {
  return described === type || (described.endsWith('/*') && type.startsWith(described.slice(0, -1)));
}

function codeIn(body: string): string {
  const code = /"code":"([A-Z_]+)"/.exec(body)?.[1];
  return code === undefined ? '' : ` (${code}: add it to \`api.problems\`)`;
}
