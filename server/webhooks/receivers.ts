import type { Clock } from '../../runtime';
import type { Callbacks } from './callbacks';
import type { Delivery } from './delivery';
import type { EndpointBook } from './endpoint-book';
import type { SecretSeal } from './secrets';

/** Whom a delivery is for. */
export interface Receiver {
  readonly url: string;
  /** What it is signed with. @throws Error for what cannot be unsealed. */
  readonly secrets: () => readonly string[];
}

export interface ReceiversDeps {
  readonly book: Pick<EndpointBook, 'get' | 'change'>;
  readonly seal: Pick<SecretSeal, 'open'>;
  readonly callbacks: Pick<Callbacks, 'open' | 'signingSecrets'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Finds out where a delivery goes: to a webhook, or to the URL that a submission named. */
export class Receivers {
  constructor(private readonly deps: ReceiversDeps) {}

  /** @returns undefined for one that is not to be told any more. */
  of({ endpointId, callback }: Delivery): Receiver | undefined {
    const { book, seal, callbacks, clock } = this.deps;
    if (callback !== undefined) {
      const opened = callbacks.open(callback);
      if (opened === undefined) return undefined;
      return { url: opened.url, secrets: () => callbacks.signingSecrets(opened.owner) };
    }
    const endpoint = book.get(endpointId);
    if (endpoint === undefined || !endpoint.enabled) return undefined;
    const { url, secrets } = endpoint;
    const valid = secrets.filter(({ expiresAt }) => (expiresAt ?? Number.POSITIVE_INFINITY) > clock.now());
    return { url, secrets: () => valid.map(({ secret }) => seal.open(secret)) };
  }

  /** It says that it is gone for good; a callback has nothing more to be told anyway. */
  async gone({ endpointId, callback }: Delivery): Promise<void> {
    if (callback !== undefined) return;
    await this.deps.book.change(endpointId, (known) => {
      return known === undefined ? known : { ...known, enabled: false, disabledReason: 'gone' };
    });
  }
}
