import { createHmac } from 'node:crypto';
import { CALLBACK_HEADER } from '../../celery/records';
import { GatewayError, inputError } from '../errors';
import { type AddressGuard, AddressRefused } from './address-guard';
import { SecretSeal } from './secrets';

/** What a task carries that is told to its submitter. */
export interface Callback {
  readonly url: string;
  /** Id of the API key that asked for it; empty where none was needed. */
  readonly owner: string;
}

/** In place of a webhook's id: deliveries that a submission asked for. */
export const CALLBACKS = 'callbacks';

/**
 * URLs that submissions want to be told at. They travel in the task's own message, so that they are as durable as the task;
 * sealed, since workers and everybody who may look at the queue would see them, and might otherwise make them up.
 */
export class Callbacks {
  readonly #seals: readonly SecretSeal[];

  /** @param secrets newest first; none: callbacks are not offered. */
  constructor(
    private readonly secrets: readonly string[],
    private readonly guard: Pick<AddressGuard, 'checkUrl'>,
  ) {
    this.#seals = secrets.map((secret) => new SecretSeal(secret));
  }

  get offered(): boolean {
    return this.secrets.length > 0;
  }

  /** The headers that carry a callback with its task. @throws as {@link seal}. */
  headersFor(url: string, owner: string): Readonly<Record<string, string>> {
    return { [CALLBACK_HEADER]: this.seal(url, owner) };
  }

  /**
   * A callback as it is kept with what it is about.
   * @throws GatewayError CALLBACKS_DISABLED; REQUEST_INVALID for a URL that must not be asked.
   */
  seal(url: string, owner: string): string {
    const [seal] = this.#seals;
    if (seal === undefined) throw disabled();
    try {
      this.guard.checkUrl(new URL(url));
    } catch (error) {
      const detail = error instanceof AddressRefused ? error.message : 'is not a URL';
      throw inputError('REQUEST_INVALID', 'The URL cannot be used.', [{ pointer: '/callback_url', detail }]);
    }
    return seal.seal(JSON.stringify({ url, owner } satisfies Callback));
  }

  /** @returns undefined for what no gateway with these secrets has sealed. */
  open(sealed: string): Callback | undefined {
    if (!SecretSeal.isSealed(sealed)) return undefined;
    for (const seal of this.#seals) {
      try {
        return JSON.parse(seal.open(sealed)) as Callback;
      } catch {
        // Sealed with another secret, or by nobody of us.
      }
    }
    return undefined;
  }

  /** What tells a key's receiver that we told it, in the form receivers' libraries take; newest first. */
  signingSecrets(owner: string): readonly string[] {
    return this.secrets.map((secret) => {
      const own = createHmac('sha256', secret).update(`callback signature of ${owner}`).digest('base64');
      return `whsec_${own}`;
    });
  }

  /** The one that will stay. @throws GatewayError CALLBACKS_DISABLED. */
  secretOf(owner: string): string {
    const [newest] = this.signingSecrets(owner);
    if (newest === undefined) throw disabled();
    return newest;
  }
}

function disabled(): GatewayError {
  return new GatewayError('CALLBACKS_DISABLED', 'This gateway tells no callback_url.');
}
