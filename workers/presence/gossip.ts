import { randomUUID } from 'node:crypto';
import { type AmqpConnection, AmqpConsumer, type Delivery } from '../../amqp';
import { type ContentProtection, eventQueue, type LamportClock, readEvents } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import { Neighbours } from './neighbours';

/** How often the others are looked after (celery/worker/consumer/gossip.py `interval`). */
const CHECK_MS = 5000;
/** Old news is no news: events wait this long for a worker that does not read. */
const EVENT_TTL_MS = 2000;

export interface GossipDeps {
  readonly nodename: string;
  readonly connection: AmqpConnection;
  readonly lamport: LamportClock;
  readonly clock: Clock;
  /** What reads signed events, where the fleet signs. */
  readonly protection?: ContentProtection | undefined;
  readonly logger: Logger;
}

/**
 * Hears the other workers' events: keeps the logical clock abreast and says who came and went. Elections, which Celery's
 * gossip has too, are left alone: they crash a lone Python worker (contract 7).
 */
export class Gossip {
  private readonly consumer: AmqpConsumer;
  private readonly neighbours: Neighbours;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: GossipDeps) {
    const { connection, logger } = deps;
    const { exchange, queue, binding } = eventQueue(randomUUID(), 'worker.#');
    this.neighbours = new Neighbours(() => deps.clock.now());
    this.consumer = new AmqpConsumer({
      connection,
      queue: queue.name,
      prefetch: 0,
      noAck: true,
      prepare: async (channel) => {
        await channel.assertExchange(exchange.name, exchange.type, { durable: exchange.durable ?? true });
        await channel.assertQueue(queue.name, {
          durable: false,
          exclusive: true,
          autoDelete: true,
          arguments: { ...queue.arguments, 'x-message-ttl': EVENT_TTL_MS },
        });
        await channel.bindQueue(queue.name, binding.exchange, binding.routingKey);
      },
      onDelivery: (delivery) => this.hear(delivery),
      logger,
    });
  }

  /** Hearing begins in the background and again after each reconnect. */
  start(): void {
    if (this.timer !== undefined) return;
    const { logger } = this.deps;
    this.consumer.start().catch((error: unknown) => logger.debug('gossip: not consuming', { error }));
    this.timer = setInterval(() => this.missLost(), CHECK_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.consumer.stop();
  }

  private hear({ content, properties }: Delivery): void {
    const { nodename, lamport, protection, logger } = this.deps;
    for (const event of readEvents(content, properties.contentType, protection)) {
      if (event.hostname === nodename) {
        lamport.forward();
        continue;
      }
      lamport.adjust(event.clock);
      const change = this.neighbours.onEvent(event);
      if (change === 'joined') logger.debug(`${event.hostname} joined the party`);
      if (change === 'left') logger.debug(`${event.hostname} left`);
    }
  }

  private missLost(): void {
    for (const node of this.neighbours.takeLost()) this.deps.logger.info(`missed heartbeat from ${node}`);
  }
}
