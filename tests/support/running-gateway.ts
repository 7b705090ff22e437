import { silentLogger, systemClock } from '../../runtime';
import { createGateway } from '../../server/bootstrap';
import { loadFurtherBrokers, loadServerConfig } from '../../server/config';
import type { Role } from '../../server/security/scopes';
import { holdToContract } from './contract-watch';
import { keyOf, storedKeys } from './gateway-app';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A whole gateway in this process, on a port of its own. */
export interface RunningGateway {
  readonly url: string;
  call(
    method: string,
    path: string,
    body?: unknown,
    role?: Role,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a gateway as main.ts does; the broker need not be there. */
export async function startGateway(env: Readonly<Record<string, string>>): Promise<RunningGateway> {
  const given = {
    RABBITMQ_ENABLED: 'true',
    RABBITMQ_MANAGEMENT_ENABLED: 'true',
    GATEWAY_PORT: '0',
    GATEWAY_API_KEYS: storedKeys,
    RABBITMQ_BACKOFF_INITIAL_MS: '20',
    ...env,
  };
  const config = loadServerConfig(given);
  const brokers = loadFurtherBrokers(config, given);
  const gateway = createGateway({ config, logger: silentLogger(), clock: systemClock, brokers });
  holdToContract(gateway.listener);
  for (const part of gateway.parts) await part.start();
  const { url } = gateway.http;
  return {
    url,
    call: async (method, path, body, role = 'admin', extra = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${keyOf(role)}`, 'content-type': 'application/json', ...extra },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
      };
    },
    stop: async () => {
      for (const part of [...gateway.parts].reverse()) await part.stop();
    },
  };
}
