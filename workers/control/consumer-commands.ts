import type { ControlCommand } from '../../celery/control';
import { celeryQueue, type QueueTopology } from '../../celery/protocol';
import { ANY_OTHER, boundCommand, optional } from './bound-command';
import type { WorkerView } from './worker-view';

/** `add_consumer` and `cancel_consumer`: answered at once, done in the background (celery/worker/control.py). */
export const consumerCommands = (worker: WorkerView): Readonly<Record<string, ControlCommand>> => ({
  ...boundCommand(
    'add_consumer',
    ['queue', optional('exchange'), optional('exchange_type'), optional('routing_key'), ANY_OTHER],
    (args) => {
      const queue = nameOf(args.queue);
      worker.addQueue(topologyOf(queue, args));
      return { ok: `add consumer ${queue}` };
    },
  ),
  ...boundCommand('cancel_consumer', ['queue', ANY_OTHER], (args) => {
    const queue = nameOf(args.queue);
    worker.cancelQueue(queue);
    return { ok: `no longer consuming from ${queue}` };
  }),
});

/** A queue as it was asked for; what was left out is as Celery names it (celery/app/amqp.py `Queues.add_compat`). */
function topologyOf(name: string, args: Readonly<Record<string, unknown>>): QueueTopology {
  const usual = celeryQueue(name);
  const exchange = typeof args.exchange === 'string' && args.exchange !== '' ? args.exchange : name;
  const type =
    typeof args.exchange_type === 'string' && args.exchange_type !== '' ? args.exchange_type : 'direct';
  const routingKey = typeof args.routing_key === 'string' ? args.routing_key : name;
  return {
    exchange: { ...usual.exchange, name: exchange, type },
    queue: usual.queue,
    binding: { queue: name, exchange, routingKey },
  };
}

function nameOf(queue: unknown): string {
  if (typeof queue !== 'string' || queue === '') throw new TypeError('queue must be a name');
  return queue;
}
