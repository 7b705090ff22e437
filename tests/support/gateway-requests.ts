import type { Role } from '../../server/security/scopes';
import { keyOf } from './gateway-app';
import type { Answer, RunningGateway } from './running-gateway';
import { until } from './until';

export interface RequestExtras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly role?: Role;
}

/** POSTs JSON to a gateway, with headers of the test's own. */
export async function post(
  gateway: Pick<RunningGateway, 'url'>,
  path: string,
  body: unknown,
  { headers = {}, role = 'submitter' }: RequestExtras = {},
): Promise<Answer> {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf(role)}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

export const ready = (gateway: RunningGateway): Promise<true> =>
  until(async () => (await gateway.call('GET', '/health/ready')).status === 200, { timeoutMs: 30_000 });

/** How many messages wait in a queue, as the gateway tells; 0 while it does not exist. */
export async function depth(gateway: RunningGateway, queue: string): Promise<number> {
  const { status, body } = await gateway.call('GET', `/rabbitmq/queues/${encodeURIComponent(queue)}/info`);
  return status === 200 ? Number(body.message_count) : 0;
}
