import { AmqpConnection } from './connection';
import type { AmqpConnectionOptions, ConnectionState } from './connection-options';

/** From worst to best, for the state of the two together. */
const SEVERITY: readonly ConnectionState[] = ['stopped', 'idle', 'connecting', 'blocked', 'connected'];

/**
 * The two connections of a process. Under a memory alarm RabbitMQ stops reading from connections that publish; acks must
 * still get through, so consuming has a connection of its own.
 */
export class AmqpConnections {
  readonly publish: AmqpConnection;
  readonly consume: AmqpConnection;

  /** @throws ConnectionError when a URL is not usable or TLS verification is switched off */
  constructor(options: AmqpConnectionOptions) {
    this.publish = new AmqpConnection({ ...options, name: `${options.name} (publish)` });
    this.consume = new AmqpConnection({ ...options, name: `${options.name} (consume)` });
  }

  /** The worse of the two. */
  get state(): ConnectionState {
    const worst = Math.min(SEVERITY.indexOf(this.publish.state), SEVERITY.indexOf(this.consume.state));
    return SEVERITY[worst] ?? 'idle';
  }

  /** Returns at once; both connect in the background. */
  async start(): Promise<void> {
    await Promise.all([this.publish.start(), this.consume.start()]);
  }

  /** Resolves when both are connected; rejects as `AmqpConnection.ready` does. */
  async ready(timeoutMs?: number): Promise<void> {
    await Promise.all([this.publish.ready(timeoutMs), this.consume.ready(timeoutMs)]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.publish.stop(), this.consume.stop()]);
  }
}
