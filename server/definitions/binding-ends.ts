import { QueueError, type Topology } from '../../amqp';
import type { DefinedBinding } from './document';
import type { Chosen, Selection } from './selection';

const has = (chosen: readonly Chosen<{ readonly name: string }>[], name: string): boolean =>
  chosen.some(({ item }) => item.name === name);

/** Whether a binding has both its ends once the document is declared. @throws QueueError QUEUE_NOT_FOUND, EXCHANGE_NOT_FOUND. */
export async function checkEnds(
  { source, destination, destination_type: type }: DefinedBinding,
  { queues, exchanges }: Selection,
  topology: Pick<Topology, 'queueStatus' | 'exchangeExists'>,
): Promise<void> {
  const checkExchange = async (name: string): Promise<void> => {
    if (!has(exchanges, name) && !(await topology.exchangeExists(name)))
      throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${name}.`);
  };
  await checkExchange(source);
  if (type === 'exchange') await checkExchange(destination);
  else if (!has(queues, destination) && (await topology.queueStatus(destination)) === null)
    throw new QueueError('QUEUE_NOT_FOUND', `There is no queue ${destination}.`);
}
