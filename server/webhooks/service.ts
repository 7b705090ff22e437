import { randomUUID } from 'node:crypto';
import type { ConfirmPublisher } from '../../amqp';
import type { Clock } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import { type AddressGuard, AddressRefused } from './address-guard';
import { CALLBACKS, type Callbacks } from './callbacks';
import { type Delivery, deliveryMessage } from './delivery';
import type { DeliveryLog, DeliveryStatus, LoggedDelivery } from './delivery-log';
import { DELIVERIES } from './delivery-queues';
import type { StoredSecret, WebhookEndpoint } from './endpoint';
import type { EndpointBook } from './endpoint-book';
import { PENDING } from './feed';
import { newSecret, type SecretSeal } from './secrets';

/** What a caller decides of an endpoint. */
export type EndpointSettings = Pick<
  WebhookEndpoint,
  'url' | 'description' | 'states' | 'taskNames' | 'queues' | 'enabled'
>;

/** An endpoint with its id. */
export interface NamedEndpoint {
  readonly id: string;
  readonly endpoint: WebhookEndpoint;
}

/** An endpoint whose newest secret is told, this once. */
export interface RevealedEndpoint extends NamedEndpoint {
  readonly secret: string;
}

export interface WebhookServiceDeps {
  readonly book: Pick<EndpointBook, 'get' | 'entries' | 'change'>;
  readonly log: Pick<DeliveryLog, 'get' | 'of' | 'note'>;
  readonly seal: Pick<SecretSeal, 'seal'>;
  readonly callbacks: Pick<Callbacks, 'secretOf'>;
  readonly guard: Pick<AddressGuard, 'checkUrl'>;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly maxEndpoints: number;
  /** How long the old secret still signs after a rotation. */
  readonly overlapMs: number;
}

/** Which deliveries are asked for. */
export interface DeliveryChoice {
  readonly status: DeliveryStatus | undefined;
  readonly taskId: string | undefined;
  readonly workflowId: string | undefined;
  readonly limit: number;
}

/** Endpoints that are told of tasks, and what became of what they were told. */
export class WebhookService {
  constructor(private readonly deps: WebhookServiceDeps) {}

  async list(): Promise<readonly NamedEndpoint[]> {
    return this.deps.book.entries().map(([id, endpoint]) => ({ id, endpoint }));
  }

  /** @throws GatewayError WEBHOOK_NOT_FOUND. */
  async get(id: string): Promise<NamedEndpoint> {
    return { id, endpoint: this.known(id) };
  }

  /** @throws GatewayError REQUEST_INVALID for a URL that must not be asked, WEBHOOKS_FULL. */
  async create(settings: EndpointSettings): Promise<RevealedEndpoint> {
    const { book, clock, maxEndpoints } = this.deps;
    this.checkUrl(settings.url);
    if (book.entries().length >= maxEndpoints) {
      throw new GatewayError('WEBHOOKS_FULL', `There are ${maxEndpoints} webhooks already.`);
    }
    const id = `wh_${randomUUID().replaceAll('-', '')}`;
    const secret = newSecret();
    const endpoint: WebhookEndpoint = {
      ...settings,
      secrets: [this.stored(secret)],
      disabledReason: settings.enabled ? null : 'by request',
      createdAt: clock.now(),
    };
    await book.change(id, () => endpoint);
    return { id, endpoint, secret };
  }

  /** @throws GatewayError WEBHOOK_NOT_FOUND; REQUEST_INVALID. */
  async update(id: string, settings: Partial<EndpointSettings>): Promise<NamedEndpoint> {
    if (settings.url !== undefined) this.checkUrl(settings.url);
    return this.changed(id, (known) => {
      const next = { ...known, ...settings };
      return { ...next, disabledReason: next.enabled ? null : (known.disabledReason ?? 'by request') };
    });
  }

  /** The new secret signs at once, the old one as well until the receiver had time to learn the new one. */
  async rotateSecret(id: string): Promise<RevealedEndpoint> {
    const secret = newSecret();
    const now = this.deps.clock.now();
    const named = await this.changed(id, (known) => {
      const [current] = known.secrets;
      const old = current === undefined ? [] : [{ ...current, expiresAt: now + this.deps.overlapMs }];
      return { ...known, secrets: [this.stored(secret), ...old] };
    });
    return { ...named, secret };
  }

  async remove(id: string): Promise<void> {
    this.known(id);
    await this.deps.book.change(id, () => undefined);
  }

  /** What became of its deliveries, or of those that submissions asked for, latest first. */
  async deliveries(
    id: string,
    { status, taskId, workflowId, limit }: DeliveryChoice,
  ): Promise<readonly LoggedDelivery[]> {
    if (id !== CALLBACKS) this.known(id);
    const chosen = this.deps.log.of(id).filter(({ delivery, ...each }) => {
      return (
        (status === undefined || each.status === status) &&
        (taskId === undefined || delivery.taskId === taskId) &&
        (workflowId === undefined || delivery.workflowId === workflowId)
      );
    });
    return chosen.slice(0, limit);
  }

  /** What a caller's callbacks are signed with. @throws GatewayError CALLBACKS_DISABLED. */
  async callbackSecret(owner: string): Promise<string> {
    return this.deps.callbacks.secretOf(owner);
  }

  /** Sends an event that is about no task, so that a receiver can be tried. */
  async ping(id: string): Promise<LoggedDelivery> {
    this.known(id);
    const type = 'webhook.ping';
    const body = JSON.stringify({
      type,
      timestamp: new Date(this.deps.clock.now()).toISOString(),
      data: { webhook_id: id },
    });
    return this.enqueue({
      id: `msg_${randomUUID().replaceAll('-', '')}`,
      endpointId: id,
      type,
      taskId: null,
      body,
      attempt: 1,
      run: 0,
    });
  }

  /** Sends a delivery again, under the id it has: a receiver that took it before can tell. */
  async replay(id: string, deliveryId: string): Promise<LoggedDelivery> {
    if (id !== CALLBACKS) this.known(id);
    const logged = this.deps.log.get(deliveryId);
    if (logged === undefined || logged.delivery.endpointId !== id) {
      throw new GatewayError('DELIVERY_NOT_FOUND', `The delivery ${deliveryId} is not known.`);
    }
    return this.again(logged.delivery);
  }

  /** From its first attempt on; what is logged of that counts for more than what was before. */
  again(delivery: Delivery): Promise<LoggedDelivery> {
    return this.enqueue({ ...delivery, attempt: 1, run: delivery.run + 1 });
  }

  private known(id: string): WebhookEndpoint {
    const endpoint = this.deps.book.get(id);
    if (endpoint === undefined) throw notFound(id);
    return endpoint;
  }

  private async enqueue(delivery: Delivery): Promise<LoggedDelivery> {
    const { publisher, log, clock } = this.deps;
    // Before it is sent: the courier may be faster than we are.
    await log.note(delivery, PENDING);
    await publisher.publish({ exchange: '', routingKey: DELIVERIES, ...deliveryMessage(delivery) });
    const at = clock.now();
    return log.get(delivery.id) ?? { delivery, ...PENDING, attempts: 0, createdAt: at, updatedAt: at };
  }

  private async changed(
    id: string,
    change: (known: WebhookEndpoint) => WebhookEndpoint,
  ): Promise<NamedEndpoint> {
    const endpoint = await this.deps.book.change(id, (known) => {
      if (known === undefined) throw notFound(id);
      return change(known);
    });
    if (endpoint === undefined) throw notFound(id);
    return { id, endpoint };
  }

  private stored(secret: string): StoredSecret {
    return { secret: this.deps.seal.seal(secret), createdAt: this.deps.clock.now(), expiresAt: null };
  }

  private checkUrl(url: string): void {
    try {
      this.deps.guard.checkUrl(new URL(url));
    } catch (error) {
      const detail = error instanceof AddressRefused ? error.message : 'is not a URL';
      throw inputError('REQUEST_INVALID', 'The URL cannot be used.', [{ pointer: '/url', detail }]);
    }
  }
}

function notFound(id: string): GatewayError {
  return new GatewayError('WEBHOOK_NOT_FOUND', `There is no webhook ${id}.`);
}
