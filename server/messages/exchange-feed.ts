import type { PeekedMessage } from '../../amqp';
import type { NamePolicy, QueueWork } from '../messaging';

export interface ExchangeFeedDeps {
  readonly work: Pick<QueueWork, 'follow'>;
  readonly names: Pick<NamePolicy, 'checkExchange'>;
}

/** Copies of what goes through exchanges. */
export class ExchangeFeed {
  constructor(private readonly deps: ExchangeFeedDeps) {}

  /**
   * Resolves when following; then `onMessage` is called for each message until `stop` is.
   * @throws QueueError EXCHANGE_NOT_FOUND. @throws GatewayError NAME_NOT_ALLOWED.
   */
  follow(
    exchange: string,
    routingKey: string,
    onMessage: (message: PeekedMessage) => void,
  ): Promise<{ stop(): Promise<void> }> {
    this.deps.names.checkExchange(exchange, '/exchange');
    return this.deps.work.follow(exchange, routingKey, onMessage);
  }
}
