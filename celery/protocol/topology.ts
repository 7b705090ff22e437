import type { BindingDeclaration, ExchangeDeclaration, QueueDeclaration } from '../../amqp';

const direct = (name: string): ExchangeDeclaration => ({
  name,
  type: 'direct',
  durable: true,
  autoDelete: false,
});

/** The exchanges of a Celery application, declared exactly as Celery does: other flags are a 406 for whoever comes second. */
export const CELERY_EXCHANGES = {
  /** Default exchange of tasks, bound to the queue of the same name. */
  tasks: direct('celery'),
  /** Requests to workers (kombu/pidbox.py). */
  control: { name: 'celery.pidbox', type: 'fanout', durable: false, autoDelete: false },
  /** Answers of workers. */
  controlReplies: { name: 'reply.celery.pidbox', type: 'direct', durable: false, autoDelete: false },
  /** Events (celery/events/event.py). */
  events: { name: 'celeryev', type: 'topic', durable: true, autoDelete: false },
} as const satisfies Readonly<Record<string, ExchangeDeclaration>>;

/** A queue with all that belongs to it. */
export interface QueueTopology {
  readonly exchange: ExchangeDeclaration;
  readonly queue: QueueDeclaration;
  readonly binding: BindingDeclaration;
}

/** A task queue as Celery creates a missing one: exchange, queue and key of one name (celery/app/amqp.py `new_missing`). */
export const celeryQueue = (name: string): QueueTopology => ({
  exchange: direct(name),
  queue: { name, durable: true, exclusive: false, autoDelete: false },
  binding: { queue: name, exchange: name, routingKey: name },
});

/** `celery.pidbox` queues live on for ten seconds without a consumer; requests for five minutes. */
const PIDBOX_ARGUMENTS = { 'x-expires': 10_000, 'x-message-ttl': 300_000 } as const;

const transient = (name: string, args: Readonly<Record<string, unknown>>): QueueDeclaration => ({
  name,
  durable: false,
  // The newest Celery's default, and the only transient queue RabbitMQ 4.3 still allows.
  exclusive: true,
  autoDelete: true,
  arguments: args,
});

/** A worker's mailbox: `<nodename>.celery.pidbox`, bound to the control fanout (kombu/pidbox.py `get_queue`). */
export const mailboxQueue = (node: string): QueueTopology => {
  const name = `${node}.${CELERY_EXCHANGES.control.name}`;
  return {
    exchange: CELERY_EXCHANGES.control,
    queue: transient(name, PIDBOX_ARGUMENTS),
    binding: { queue: name, exchange: CELERY_EXCHANGES.control.name, routingKey: '' },
  };
};

/** Where a control client's answers arrive: `<oid>.reply.celery.pidbox`, key `<oid>` (kombu/pidbox.py `get_reply_queue`). */
export const controlReplyQueue = (oid: string): QueueTopology => {
  const name = `${oid}.${CELERY_EXCHANGES.controlReplies.name}`;
  return {
    exchange: CELERY_EXCHANGES.controlReplies,
    queue: transient(name, PIDBOX_ARGUMENTS),
    binding: { queue: name, exchange: CELERY_EXCHANGES.controlReplies.name, routingKey: oid },
  };
};

/** An event receiver's queue (celery/events/receiver.py); key `#` for all, `worker.#` for gossip. */
export const eventQueue = (id: string, routingKey = '#'): QueueTopology => {
  const name = `${CELERY_EXCHANGES.events.name}.${id}`;
  return {
    exchange: CELERY_EXCHANGES.events,
    queue: transient(name, { 'x-message-ttl': 5_000, 'x-expires': 60_000 }),
    binding: { queue: name, exchange: CELERY_EXCHANGES.events.name, routingKey },
  };
};
