import type { Answer } from './answer';
import { bodyOf, sendable } from './body';
import { OPERATIONS, type Operations } from './operations';

export interface ClientOptions {
  /** Where the gateway is, e.g. `http://gateway:8000`; a path before its routes is kept. */
  readonly url: string;
  /** `ck_…`, or a token that the gateway takes in its place. */
  readonly apiKey: string;
  /** In place of the global `fetch`: for agents, retries or tests. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  /** Ends the call, also a stream that is being read. */
  readonly signal?: AbortSignal;
  /** Headers beyond those the operation names, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

type OperationId = keyof Operations;
type Input<Id extends OperationId> = Operations[Id]['input'];

/** A function for each operation of the gateway, under its operation id. */
export type GatewayClient = {
  readonly [Id in OperationId]: Partial<Input<Id>> extends Input<Id>
    ? (input?: Input<Id>, options?: CallOptions) => Promise<Operations[Id]['answer']>
    : (input: Input<Id>, options?: CallOptions) => Promise<Operations[Id]['answer']>;
};

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

function addressOf(base: string, path: string, { params = {}, query = {} }: AnyInput): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.append(name, String(value));
  return `${base.replace(/\/+$/, '')}${filled}${search.size === 0 ? '' : `?${search}`}`;
}

function headersOf(
  apiKey: string,
  { headers = {} }: AnyInput,
  options: CallOptions,
  type: string | undefined,
) {
  const all = new Headers({ authorization: `Bearer ${apiKey}` });
  if (type !== undefined) all.set('content-type', type);
  for (const [name, value] of Object.entries({ ...headers, ...options.headers })) {
    if (value !== undefined) all.set(name, String(value));
  }
  return all;
}

/**
 * A client of a gateway, typed by its OpenAPI document. A call resolves with what was answered.
 * @throws GatewayProblem for what was not answered as asked; what `fetch` throws when nobody answers.
 */
export function createClient(client: ClientOptions): GatewayClient {
  const call = async (id: OperationId, input: AnyInput = {}, options: CallOptions = {}): Promise<Answer> => {
    const [method, path, contentType] = OPERATIONS[id] as readonly [string, string, string?];
    const hasBody = contentType !== undefined && input.body !== undefined;
    const request: RequestInit & { readonly duplex?: 'half' } = {
      method,
      headers: headersOf(client.apiKey, input, options, hasBody ? contentType : undefined),
      redirect: 'manual',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(hasBody ? sendable(input.body, contentType) : {}),
    };
    const response = await (client.fetch ?? fetch)(addressOf(client.url, path, input), request);
    return { status: response.status, headers: response.headers, body: await bodyOf(response) };
  };
  const ids = Object.keys(OPERATIONS) as readonly OperationId[];
  const methods = ids.map((id) => [
    id,
    (input?: AnyInput, options?: CallOptions) => call(id, input, options),
  ]);
  return Object.fromEntries(methods) as GatewayClient;
}
