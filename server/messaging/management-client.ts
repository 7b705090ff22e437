import { QueueError } from '../../amqp';
import { GatewayError } from '../errors';
import type {
  ManagedBinding,
  ManagedConnection,
  ManagedExchange,
  ManagedPolicy,
  ManagedQueue,
  Page,
  PolicyDefinition,
} from './management-answers';

export interface ManagementClientOptions {
  /** Without credentials in it. */
  readonly url: URL;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch;
}

export interface PageQuery {
  readonly page: number;
  readonly pageSize: number;
  /** A regular expression in the name. */
  readonly name: string | undefined;
}

/**
 * RabbitMQ's management API, for one virtual host. Answers null for what does not exist.
 * All methods throw GatewayError MANAGEMENT_FAILED, in words that hold no address and no credentials; those that write also
 * QueueError COMMAND_INVALID, for what the broker does not take.
 */
export class ManagementClient {
  private readonly base: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly vhost: string;

  constructor(private readonly options: ManagementClientOptions) {
    const { url, username, password, vhost } = options;
    this.base = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api`;
    this.vhost = encodeURIComponent(vhost);
    const credentials = Buffer.from(`${username}:${password}`).toString('base64');
    this.headers = { authorization: `Basic ${credentials}`, 'content-type': 'application/json' };
  }

  async queues(query: PageQuery): Promise<Page<ManagedQueue>> {
    return this.page<ManagedQueue>('queues', query);
  }

  async queue(name: string): Promise<ManagedQueue | null> {
    return this.ask<ManagedQueue>('GET', `queues/${this.vhost}/${encodeURIComponent(name)}`);
  }

  async exchanges(query: PageQuery): Promise<Page<ManagedExchange>> {
    return this.page<ManagedExchange>('exchanges', query);
  }

  async exchange(name: string): Promise<ManagedExchange | null> {
    return this.ask<ManagedExchange>('GET', `exchanges/${this.vhost}/${encodeURIComponent(name)}`);
  }

  /** All of the virtual host, those of the default exchange left out. */
  async bindings(): Promise<readonly ManagedBinding[]> {
    const all = (await this.ask<readonly ManagedBinding[]>('GET', `bindings/${this.vhost}`)) ?? [];
    return all.filter(({ source }) => source !== '');
  }

  async policies(): Promise<readonly ManagedPolicy[]> {
    return (await this.ask<readonly ManagedPolicy[]>('GET', `policies/${this.vhost}`)) ?? [];
  }

  async policy(name: string): Promise<ManagedPolicy | null> {
    return this.ask<ManagedPolicy>('GET', `policies/${this.vhost}/${encodeURIComponent(name)}`);
  }

  async putPolicy(name: string, policy: PolicyDefinition): Promise<void> {
    await this.ask('PUT', `policies/${this.vhost}/${encodeURIComponent(name)}`, policy);
  }

  /** False when there was none. */
  async deletePolicy(name: string): Promise<boolean> {
    return (await this.ask('DELETE', `policies/${this.vhost}/${encodeURIComponent(name)}`)) !== null;
  }

  /** All of the virtual host. */
  async connections(): Promise<readonly ManagedConnection[]> {
    return (await this.ask<readonly ManagedConnection[]>('GET', `vhosts/${this.vhost}/connections`)) ?? [];
  }

  /** False when there was none. @param reason printable ASCII. */
  async closeConnection(name: string, reason: string): Promise<boolean> {
    const path = `connections/${encodeURIComponent(name)}`;
    return (await this.ask('DELETE', path, undefined, { 'x-reason': reason })) !== null;
  }

  private async page<T>(what: string, { page, pageSize, name }: PageQuery): Promise<Page<T>> {
    const query = new URLSearchParams({ page: String(page), page_size: String(pageSize), sort: 'name' });
    if (name !== undefined) {
      query.set('name', name);
      query.set('use_regex', 'true');
    }
    const found = await this.ask<Page<T>>('GET', `${what}/${this.vhost}?${query}`);
    return found ?? { items: [], total_count: 0, filtered_count: 0 };
  }

  private async ask<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T | null> {
    const { timeoutMs, fetch: ask = fetch } = this.options;
    let response: Response;
    let text: string;
    try {
      response = await ask(`${this.base}/${path}`, {
        method,
        headers: { ...this.headers, ...headers },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      const timedOut = (error as { readonly name?: unknown }).name === 'TimeoutError';
      throw failed(timedOut ? `did not answer within ${timeoutMs} ms` : 'cannot be reached', true);
    }
    if (response.status === 404) return null;
    if (response.status === 401 || response.status === 403)
      throw failed('refused the credentials, or they may not do this', false);
    if (response.status === 400 && body !== undefined)
      throw new QueueError('COMMAND_INVALID', `RabbitMQ says${reasonOf(text)}`);
    if (!response.ok) throw failed(`answered ${response.status}${reasonOf(text)}`, response.status >= 500);
    return parsed<T>(text);
  }
}

function failed(what: string, retryable: boolean): GatewayError {
  return new GatewayError('MANAGEMENT_FAILED', `RabbitMQ's management API ${what}.`, { retryable });
}

/** Changes are answered with nothing. */
function parsed<T>(text: string): T {
  if (text === '') return {} as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw failed('did not answer JSON: is it another server?', false);
  }
}

/** What a refusal says of itself: `{"error": "bad_request", "reason": "…"}`. */
function reasonOf(text: string): string {
  try {
    const { reason } = JSON.parse(text) as { readonly reason?: unknown };
    return typeof reason === 'string' ? `: ${readable(reason).slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

/** Reasons are written for a web page, with Erlang's own notation of texts. */
function readable(reason: string): string {
  return reason
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/<<"([^"]*)">>/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What there is of the client. @throws GatewayError MANAGEMENT_NOT_CONFIGURED. */
export function requiredManagement<T>(management: T | undefined, what: string): T {
  if (management !== undefined) return management;
  throw new GatewayError('MANAGEMENT_NOT_CONFIGURED', `${what} needs RABBITMQ_MANAGEMENT_URL.`);
}
