import type { KeyedLog } from '../../celery/streams';
import { GatewayError } from '../errors';
import type { WebhookEndpoint } from './endpoint';

/** Attempts to write on top of what others write at the same time. */
const ATTEMPTS = 10;

/** The endpoints, as all gateways of the vhost remember them. */
export class EndpointBook {
  constructor(
    private readonly log: Pick<KeyedLog<WebhookEndpoint>, 'get' | 'put' | 'remove' | 'entries' | 'usable'>,
  ) {}

  get usable(): boolean {
    return this.log.usable;
  }

  get(id: string): WebhookEndpoint | undefined {
    return this.log.get(id)?.value;
  }

  entries(): readonly (readonly [string, WebhookEndpoint])[] {
    return [...this.log.entries()].map(([id, { value }]) => [id, value] as const);
  }

  /**
   * Changes what is remembered of an endpoint.
   * @param change from what is remembered to what shall be; undefined forgets it, the same object leaves it.
   * @returns what is remembered now.
   * @throws GatewayError NOT_READY where nothing can be kept, CONCURRENT_CHANGE when others are always faster.
   */
  async change(
    id: string,
    change: (known: WebhookEndpoint | undefined) => WebhookEndpoint | undefined,
  ): Promise<WebhookEndpoint | undefined> {
    if (!this.log.usable) {
      throw new GatewayError('NOT_READY', 'Webhooks cannot be remembered: their stream is not open.', {
        retryable: true,
      });
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const known = this.log.get(id);
      const wanted = change(known?.value);
      if (wanted === known?.value) return wanted;
      const counted =
        wanted === undefined
          ? known === undefined || (await this.log.remove(id, known.version))
          : await this.log.put(id, wanted, known?.version ?? null);
      if (counted) return wanted;
    }
    throw new GatewayError('CONCURRENT_CHANGE', 'The webhook is being changed by others.');
  }
}
